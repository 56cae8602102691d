import Foundation
import Glibc

@testable import ExporterProxy

/// Runs what blocks on a thread of its own, so that no task waits for it.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// The client's side of a connection, as simple as a client can be. No call waits longer than ten seconds.
final class BlockingSocket: Sendable {
    private let descriptor: OwnedDescriptor

    private init(_ descriptor: OwnedDescriptor) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor.raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    convenience init(path: String) throws { self.init(try UnixSocketFile.connect(to: path)) }

    convenience init(port: Int) throws {
        self.init(try ClientSocket.connect(to: HostPort(host: "127.0.0.1", port: port)))
    }

    /// To a listener by the name it is known by.
    convenience init(name: String) throws {
        if name.hasPrefix("/") { try self.init(path: name) } else { try self.init(port: HostPort(name)?.port ?? 0) }
    }

    func send(_ bytes: [UInt8]) throws { try ClientSocket.sendAll(bytes, over: descriptor) }

    func send(_ text: String) throws { try send([UInt8](text)) }

    /// Sends what the peer takes until it takes no more; answers whether it took all.
    func trySend(_ bytes: [UInt8]) -> Bool {
        do {
            try send(bytes)
            return true
        } catch {
            return false
        }
    }

    /// From now on ``trySend(_:)`` gives up where the peer takes nothing for so long.
    func sendingTimeout(milliseconds: Int) {
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor.raw, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// As `nc -N` does: nothing more comes from here.
    func endSending() { shutdown(descriptor.raw, Int32(SHUT_WR)) }

    /// Ends the connection with a reset, as a client that crashes with unread data does.
    func resetConnection() throws {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor.raw, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // Closing is what resets; the descriptor itself stays until the last holder lets go.
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard dup2(null, descriptor.raw) >= 0, Glibc.close(null) == 0 else { throw SystemError("reset a connection") }
    }

    /// What comes until the peer ends or resets the connection; `nil` where it does neither in time.
    func readToEnd() -> [UInt8]? {
        var bytes: [UInt8] = []
        while true {
            switch read(65_536) {
            case nil: return nil
            case .some(let part) where part.isEmpty: return bytes
            case .some(let part): bytes += part
            }
        }
    }

    func textToEnd() -> String? { readToEnd().map { String(decoding: $0, as: UTF8.self) } }

    /// Empty at the end; `nil` where nothing comes in time.
    private func read(_ count: Int) -> [UInt8]? {
        var part = [UInt8](repeating: 0, count: count)
        let got = Glibc.read(descriptor.raw, &part, count)
        if got < 0, errno == EAGAIN { return nil }
        return Array(part.prefix(max(0, got)))
    }

    /// Up to and with the next line feed; `nil` where the stream ends before.
    func line() -> String? {
        var bytes: [UInt8] = []
        while let byte = read(1)?.first {
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }

    func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let part = read(count - bytes.count), !part.isEmpty { bytes += part }
        return bytes
    }
}
