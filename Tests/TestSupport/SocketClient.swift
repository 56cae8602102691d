import Glibc
import Synchronization

/// A client of a socket that sends and reads exactly what a test says.
public final class SocketClient: Sendable {
    /// How the other side ended the connection.
    public enum End: Equatable, Sendable {
        case closed([UInt8])
        /// It left bytes unread, or broke the connection on purpose.
        case reset
    }

    private let descriptor: Int32
    private let isOpen = Mutex(true)

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // No call of a test may wait for ever.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit { close() }

    /// Connects over TCP, or over UDP for datagrams, on the loopback interface.
    public static func tcp(_ port: UInt16) throws -> SocketClient { try loopback(port, SOCK_STREAM) }

    public static func udp(_ port: UInt16) throws -> SocketClient { try loopback(port, SOCK_DGRAM) }

    private static func loopback(_ port: UInt16, _ type: __socket_type) throws -> SocketClient {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try connect(&address, AF_INET, type, "port \(port)")
    }

    public static func unix(_ path: String, _ type: __socket_type = SOCK_STREAM) throws -> SocketClient {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try connect(&address, AF_UNIX, type, path)
    }

    private static func connect<Address>(
        _ address: inout Address, _ family: Int32, _ type: __socket_type, _ name: String
    ) throws -> SocketClient {
        let descriptor = socket(family, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("cannot open a socket: errno \(errno)") }
        let client = SocketClient(descriptor)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw TestFailure("cannot connect to \(name): errno \(errno)") }
        return client
    }

    /// Sends all; throws where the other side takes no more.
    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw TestFailure("cannot send: errno \(errno)") }
            rest = rest.dropFirst(sent)
        }
    }

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends one datagram, which may be empty.
    public func sendDatagram(_ bytes: [UInt8]) throws {
        let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == bytes.count else { throw TestFailure("cannot send a datagram: errno \(errno)") }
    }

    public func sendDatagram(_ text: String) throws { try sendDatagram(Array(text.utf8)) }

    /// Half a close: the other side reads an end, and can still answer.
    public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes next; empty at the end of the stream.
    public func read() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { throw errno == ECONNRESET ? Reset() as any Error : TestFailure("cannot read: errno \(errno)") }
        return Array(buffer.prefix(count))
    }

    private struct Reset: Error {}

    /// Reads until the text ends with `suffix`.
    public func read(upTo suffix: String) throws -> String {
        var text = ""
        while !text.hasSuffix(suffix) {
            let part = try read()
            guard !part.isEmpty else { throw TestFailure("the connection ended after '\(text)'") }
            text += String(decoding: part, as: UTF8.self)
        }
        return text
    }

    /// Reads until the other side ends the connection.
    public func readToEnd() throws -> End {
        var all: [UInt8] = []
        do {
            while true {
                let part = try read()
                if part.isEmpty { return .closed(all) }
                all += part
            }
        } catch is Reset {
            return .reset
        }
    }

    public func close() {
        isOpen.withLock { isOpen in
            if isOpen { Glibc.close(descriptor) }
            isOpen = false
        }
    }

    /// Ends the connection with RST and not with FIN (socket(7), SO_LINGER of zero).
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}

/// A port that was free a moment ago, for programs that cannot say which one the kernel gave them.
public func freePort(_ type: __socket_type = SOCK_STREAM) throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
        }
    }
    guard result else { throw TestFailure("no free port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
}

extension SocketClient {
    /// Whether this process may hold so many sockets; raises its own limit first.
    public static func canOpen(_ count: UInt) -> Bool {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit.rlim_max >= count
    }
}
