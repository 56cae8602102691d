import Foundation
import Glibc
import NIOConcurrencyHelpers

@testable import ExporterProxy

/// An exporter that answers each request with the bytes it was last told, and then closes or hangs.
final class Exporter: Sendable {
    enum Answer: Sendable {
        case bytes([UInt8])
        /// Some bytes, and then nothing more until the client goes.
        case hang([UInt8])
        case reset
        /// Bytes for as long as the client takes them.
        case endless([UInt8])

        static func ok(_ body: [UInt8], _ headers: [String] = []) -> Answer {
            response("200 OK", headers + ["Content-Length: \(body.count)"], body)
        }

        static func ok(_ body: String) -> Answer { ok([UInt8](body)) }

        static func response(_ status: String, _ headers: [String], _ body: [UInt8] = []) -> Answer {
            let head = (["HTTP/1.1 \(status)"] + headers + ["Connection: close"]).map { $0 + "\r\n" }.joined() + "\r\n"
            return .bytes([UInt8](head) + body)
        }
    }

    private struct State {
        var answer: Answer
        var requests: [String] = []
        var bodies: [[UInt8]] = []
        var isStopped = false
    }

    let port: Int
    private let listener: ListeningSocket
    private let state: NIOLockedValueBox<State>

    init(_ answer: Answer) throws {
        let listener = try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: 0))
        self.listener = listener
        port = HostPort(listener.name)?.port ?? 0
        state = NIOLockedValueBox(State(answer: answer))
        // The listener does not block, for the receiver's sake; this one may.
        let raw = listener.descriptor.raw
        _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) & ~O_NONBLOCK)
        Thread.detachNewThread { [weak self] in
            while let client = Self.accept(raw) {
                guard let self, !self.state.withLockedValue({ $0.isStopped }) else { break }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    /// Ends the accepting thread, which holds the listener by its number only.
    func stop() {
        state.withLockedValue { $0.isStopped = true }
        shutdown(listener.descriptor.raw, Int32(SHUT_RDWR))
    }

    var url: String { "http://127.0.0.1:\(port)/metrics" }

    func say(_ answer: Answer) { state.withLockedValue { $0.answer = answer } }

    /// The heads of all requests so far.
    var requests: [String] { state.withLockedValue { $0.requests } }

    /// The bodies of all requests so far, as long as their heads say.
    var bodies: [[UInt8]] { state.withLockedValue { $0.bodies } }

    private static func accept(_ listener: Int32) -> OwnedDescriptor? {
        let raw = Glibc.accept(listener, nil, nil)
        return raw >= 0 ? OwnedDescriptor(raw) : nil
    }

    private static func length(_ head: String) -> Int {
        head.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
    }

    private func serve(_ client: OwnedDescriptor) {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard read(client.raw, &byte, 1) == 1 else { return }
            head.append(byte)
        }
        let text = String(decoding: head, as: UTF8.self)
        var body = [UInt8](repeating: 0, count: Self.length(text))
        for place in body.indices { guard read(client.raw, &body[place], 1) == 1 else { return } }
        let answer = state.withLockedValue { state in
            state.requests.append(text)
            state.bodies.append(body)
            return state.answer
        }
        switch answer {
        case .bytes(let bytes): try? ClientSocket.sendAll(bytes, over: client)
        case .hang(let bytes):
            try? ClientSocket.sendAll(bytes, over: client)
            while read(client.raw, &byte, 1) > 0 {}
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(client.raw, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        case .endless(let bytes):
            try? ClientSocket.sendAll(bytes, over: client)
            let part = [UInt8](repeating: 0x61, count: 65_536)
            while (try? ClientSocket.sendAll(part, over: client)) != nil {}
        }
    }
}
