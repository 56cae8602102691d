import TestSupport
import Testing

/// Cap'n Proto as real clients send it: the shipped ones, and what pycapnp makes of unusual messages.
@Suite(.sharesMachine)
struct CapnpClientTests {
    private static let clients = Tool.repository + "/python_test_clients"

    @Test(.needs(.python), arguments: ProxyProcess.Door.allCases, [[], ["--packed"]])
    func shippedClients_AreServedWhole(door: ProxyProcess.Door, flags: [String]) async throws {
        try await withProxy { proxy in
            let address = door == .tcp ? "127.0.0.1:\(proxy.tcpPort)" : proxy.unixSocket
            let script = "\(Self.clients)/test_send_\(door.rawValue)_socket_capnp.py"
            let result = try await run(Tool.python.path(), [script, address] + flags)
            #expect(result.exit == .status(0), "\(result.errors)")

            let apps = door == .tcp ? ["foo_bar_tcp_app0", "foo_bar_tcp_app1"] : ["foo_bar_app0", "foo_bar_app1"]
            #expect(try proxy.metrics() == apps.map(Self.metric).joined())
            #expect(try proxy.ownSample(#"exporter_proxy_receiver_messages_total{door="\#(door.rawValue)"}"#) == 2)
        }
    }

    private static func metric(_ app: String) -> String { exampleExposition(of: "http_requests_total_\(app)_capnp") }

    /// Prelude of the scripts below: the schema, a connection, and a message.
    private static func script(_ proxy: ProxyProcess, _ lines: String) -> String {
        """
        import capnp, os, socket, sys
        schema = capnp.load("\(clients)/schema/metric_data.capnp")
        connection = socket.create_connection(("127.0.0.1", \(proxy.tcpPort)))
        def message(name, data, **options):
            return schema.InboundMetrics.new_message(appName=name, data=data, **options)
        \(lines)
        """
    }

    /// pycapnp allocates its first segment by a guess; a text that does not fit gets a segment of its own.
    @Test(.needs(.python), arguments: ["to_bytes", "to_bytes_packed"])
    func messageOfSeveralSegments_IsServedWhole(encode: String) async throws {
        try await withProxy { proxy in
            let script = Self.script(
                proxy,
                """
                lines = "".join(f"large{{n=\\"{n}\\"}} {n}\\n" for n in range(50000))
                large = message("large", lines)
                segments = int.from_bytes(large.to_bytes()[:4], "little") + 1
                connection.sendall(large.\(encode)())
                connection.sendall(message("small", "small 1\\n").\(encode)())
                connection.shutdown(socket.SHUT_WR)
                assert connection.recv(1) == b""
                print(segments)
                """)
            let result = try await run(Tool.python.path(), ["-c", script])
            #expect(result.exit == .status(0), "\(result.errors)")
            #expect((Int(result.output.dropLast()) ?? 0) > 1, "one segment only: \(result.output)")
            let expected = (0..<50_000).map { "large{n=\"\($0)\"} \($0)\n" }.joined() + "small 1\n"
            #expect(try proxy.metrics() == expected)
        }
    }

    /// The client keeps its connection until the test has seen its messages.
    @Test(.needs(.python))
    func messagesOfAnOpenConnection_AreServedAtOnce() async throws {
        try await withProxy { proxy in
            let gate = proxy.folder.path("seen")
            let script = Self.script(
                proxy,
                """
                import time
                for n in range(500):
                    connection.sendall(message(f"app {n % 10}", f"many_{n % 10} {n}\\n").to_bytes())
                while not os.path.exists("\(gate)"):
                    time.sleep(0.01)
                connection.sendall(message("app 0", "many_0 1000\\n").to_bytes())
                """)
            let client = try ChildProcess(Tool.python.path(), ["-c", script])
            try await wait(until: "all messages are served") { try proxy.metrics().contains("many_9 499\n") }
            #expect(client.isRunning, "\(client.errorText)")
            #expect(try proxy.metrics() == (0..<10).map { "many_\($0) \(490 + $0)\n" }.joined())
            try proxy.folder.write("seen", "")
            #expect(try await client.exit() == .status(0), "\(client.errorText)")
            try await wait(until: "the last message is served") { try proxy.metrics().contains("many_0 1000\n") }
        }
    }

    @Test func bothFormats_OnOneSocket_AreToldApart() async throws {
        try await withProxy { proxy in
            for door in ProxyProcess.Door.allCases {
                try proxy.send(#"{"json \#(door)": "json_\#(door) 1"}"#, over: door)
                try proxy.send(CapnpMessage.of("capnp \(door)", "capnp_\(door) 1"), over: door)
            }
            let names = ["capnp_tcp", "capnp_unix", "json_tcp", "json_unix"]
            #expect(try proxy.metrics() == names.map { "\($0) 1\n" }.joined())
        }
    }

    @Test func formatThatIsNotConfigured_IsRefused() async throws {
        try await withProxy(["receiver.format": "\"json\""]) { proxy in
            try proxy.send(CapnpMessage.of("a", "a 1"), over: .tcp)
            #expect(
                try proxy.ownSample(
                    #"exporter_proxy_receiver_refused_total{door="tcp",reason="format_not_accepted"}"#) == 1)
            #expect(try proxy.metrics() == "")
        }
    }
}
