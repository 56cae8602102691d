import Glibc
import TestSupport
import Testing

/// More clients than there is room for: nobody waits for ever, and the window stays open.
@Suite(.sharesMachine, .serialized)
struct ManyClientsTests {
    @Test func clientsBeyondTheLimit_AreServedOnceOthersGo() async throws {
        try await withProxy(["exporter.concurrent_requests": "50"]) { proxy in
            var idle = try (0..<500).map { _ in try proxy.connect(.tcp) }
            let waiting = try proxy.connect(.tcp)
            try waiting.send(#"{"waited": "waited 1"}"#)
            waiting.endSending()
            // Another door has its own limit.
            try proxy.send(#"{"other": "other 1"}"#, over: .unix)
            #expect(try proxy.metrics() == "other 1\n")
            #expect(try proxy.ownSample(#"exporter_proxy_receiver_connections_total{door="tcp"}"#) == 50)
            let before = try proxy.child.processorTime()
            idle.removeAll()
            #expect(try waiting.readToEnd() == .closed([]))
            #expect(try proxy.metrics() == "other 1\nwaited 1\n")
            #expect(try proxy.child.processorTime() - before < .seconds(2))
        }
    }

    /// 64 descriptors for 300 clients.
    @Test(.needs(.prlimit), .enabled(if: SocketClient.canOpen(1000), "too few descriptors for the clients"))
    func descriptorsRunOut_AndTheWindowStaysOpen() async throws {
        try await withProxy(under: [try Tool.prlimit.path(), "--nofile=64:64"]) { proxy in
            var clients = try (0..<300).map { index in try proxy.connect(index.isMultiple(of: 2) ? .tcp : .unix) }
            let start = ContinuousClock.now
            let before = try proxy.child.processorTime()
            var asked = 0
            // The trouble lasts as long as the clients stay: two seconds show whether it costs anything.
            while ContinuousClock.now - start < .seconds(2) {
                #expect(try proxy.get("/-/healthy").status == 200)
                #expect(try proxy.get("/metrics").status == 200)
                asked += 1
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(asked > 10)
            // Most of it is what the questions cost: a loop that spins takes all of the two seconds.
            #expect(try proxy.child.processorTime() - before < .seconds(1))
            #expect(proxy.log.utf8.count < 4000, "\(proxy.log)")

            clients.removeAll()
            for door in ProxyProcess.Door.allCases { try proxy.send(#"{"\#(door)": "back_\#(door) 1"}"#, over: door) }
            #expect(try proxy.metrics() == "back_tcp 1\nback_unix 1\n")
        }
    }

    @Test(.enabled(if: SocketClient.canOpen(6000), "too few descriptors for the clients"))
    func fiveThousandIdleClients_CostTheWindowNothing() async throws {
        try await withProxy(["exporter.concurrent_requests": "6000"]) { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            let clients = try (0..<5000).map { _ in try proxy.connect(.tcp) }
            try await wait(until: "all are accepted") {
                try proxy.ownSample(#"exporter_proxy_receiver_connections_total{door="tcp"}"#) == 5000
            }
            let before = try proxy.child.processorTime()
            for _ in 0..<50 { #expect(try proxy.metrics() == "a 1\n") }
            #expect(try proxy.child.processorTime() - before < .seconds(1))
            // Each of them can still be heard.
            try clients[4321].send(#"{"b": "b 1"} "#)
            try await wait(until: "one of them is heard") { try proxy.metrics() == "a 1\nb 1\n" }
        }
    }

    @Test func idleReceiverConnection_IsClosed() async throws {
        try await withProxy(["receiver.idle_timeout": "\"300ms\""]) { proxy in
            let client = try proxy.connect(.tcp)
            try client.send(#"{"a": "a 1"}"#)
            #expect(try client.readToEnd() == .closed([]))
            #expect(try proxy.ownSample(#"exporter_proxy_receiver_connections_idle_closed_total{door="tcp"}"#) == 1)
            #expect(try proxy.metrics() == "a 1\n")
        }
    }

    @Test func httpConnectionsBeyondTheLimit_CloseTheOneIdleLongest() async throws {
        try await withProxy(["exporter.max_connections": "10"]) { proxy in
            let idle = try (0..<10).map { _ in
                let client = try SocketClient.tcp(proxy.httpPort)
                try client.send("GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.read(upTo: "is ready\n")
                return client
            }
            #expect(try proxy.get("/-/healthy").status == 200)
            #expect(try idle[0].readToEnd() == .closed([]))
            #expect(try proxy.ownSample("exporter_proxy_http_connections_evicted_total") >= 1)
        }
    }
}
