import Glibc

/// The real program, on ports that the kernel chose and with a socket in a folder of its own.
public final class ProxyProcess: Sendable {
    public let child: ChildProcess
    public let folder: TemporaryFolder
    public let configurationPath: String
    public let httpPort: UInt16
    public let tcpPort: UInt16
    public var unixSocket: String { folder.path("receiver.sock") }

    private init(_ child: ChildProcess, _ folder: TemporaryFolder, _ path: String, http: UInt16, tcp: UInt16) {
        self.child = child
        self.folder = folder
        configurationPath = path
        httpPort = http
        tcpPort = tcp
    }

    /// The program that is tested: `EXPORTER_PROXY_BINARY`, or the one that was built with the tests.
    public static let program: String = {
        if let named = getenv("EXPORTER_PROXY_BINARY") { return String(cString: named) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex) + "/exporter-proxy"
    }()

    /// No backtracer: where the program crashes, the test is to fail and not to wait.
    public static let environment = ["SWIFT_BACKTRACE": "enable=no"]

    /// Starts the program and waits until it serves.
    ///
    /// `settings` are keys such as `receiver.reply` with their values in TOML; `more` is added to the file as it is.
    /// `under` is a command that runs the program, such as `["prlimit", "--nofile=64"]`.
    public static func start(
        _ settings: [String: String] = [:], more: String = "", under: [String] = []
    ) async throws -> ProxyProcess {
        let folder = try TemporaryFolder()
        let path = try folder.write("config.toml", configuration(settings, in: folder) + more)
        let command = under + [program, "--config", path]
        let child = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: environment, directory: folder.path)
        do {
            let http = try await port(after: "msg=serving on=http", "://127.0.0.1:", of: child)
            let tcp = try await port(after: "msg=receiving format=", "on=127.0.0.1:", of: child)
            return ProxyProcess(child, folder, path, http: http, tcp: tcp)
        } catch {
            throw TestFailure("the proxy does not start: \(error)\n\(child.errorText)")
        }
    }

    /// A configuration file with everything in `folder`, and ports that the kernel chooses.
    public static func configuration(_ settings: [String: String] = [:], in folder: TemporaryFolder) -> String {
        let standard = [
            "exporter.scrape_expose_endpoint": "\"127.0.0.1:0\"",
            "receiver.receiver_tcp_socket": "\"127.0.0.1:0\"",
            "receiver.receiver_unix_socket": "\"\(folder.path("receiver.sock"))\"",
        ]
        var sections: [String: String] = [:]
        for (key, value) in standard.merging(settings, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
            sections[parts[0], default: ""] += "\(parts[1]) = \(value)\n"
        }
        return sections.sorted { $0.key < $1.key }.map { "[\($0.key)]\n\($0.value)" }.joined(separator: "\n")
    }

    private static func port(after marks: String..., of child: ChildProcess) async throws -> UInt16 {
        try await answer(to: "the log has \(marks)") {
            for line in child.errorText.split(separator: "\n") where marks.allSatisfy({ line.contains($0) }) {
                let digits = line.split(separator: marks[marks.count - 1]).last?.prefix { $0.isNumber }
                if let port = digits.flatMap({ UInt16($0) }) { return port }
            }
            if let exit = child.exitIfAny() { throw TestFailure("it ended: \(exit)") }
            return nil
        }
    }

    public var log: String { child.errorText }

    /// Stops it as an operator does. The promise is 5 seconds; a program with a sanitizer in it is slower.
    public func stop(_ signal: Int32 = SIGTERM, within limit: Duration = .seconds(5)) async throws -> ChildProcess.Exit
    {
        child.send(signal)
        return try await child.exit(within: limit)
    }

    // MARK: Doors

    public enum Door: String, CaseIterable, Sendable {
        case tcp, unix
    }

    public func connect(_ door: Door) throws -> SocketClient {
        switch door {
        case .tcp: try SocketClient.tcp(tcpPort)
        case .unix: try SocketClient.unix(unixSocket)
        }
    }

    /// Sends bytes on a connection of their own, and waits until the proxy has read them and closed it.
    @discardableResult
    public func send(_ bytes: [UInt8], over door: Door = .unix) throws -> SocketClient.End {
        let client = try connect(door)
        try client.send(bytes)
        client.endSending()
        return try client.readToEnd()
    }

    @discardableResult
    public func send(_ text: String, over door: Door = .unix) throws -> SocketClient.End {
        try send(Array(text.utf8), over: door)
    }

    public enum EventDoor: String, Sendable {
        case udp = "receiving events"
        case tcp = "receiving events in lines"
    }

    /// The port of a door of events, as the log has said it last.
    public func eventPort(_ door: EventDoor = .udp) throws -> UInt16 {
        let lines = log.split(separator: "\n").filter { $0.contains("msg=\"\(door.rawValue)\" ") }
        let digits = lines.compactMap { $0.split(separator: " on=127.0.0.1:").dropFirst().first }.last
        guard let port = digits.flatMap({ UInt16($0.prefix { $0.isNumber }) }) else {
            throw TestFailure("no door for \(door.rawValue) in \(log)")
        }
        return port
    }

    // MARK: Window

    public func get(_ path: String, method: String = "GET", headers: [String] = []) throws -> HTTPAnswer {
        try HTTPAnswer.get(httpPort, path, method: method, headers: headers)
    }

    public func url(_ path: String) -> String { "http://127.0.0.1:\(httpPort)\(path)" }

    public func metrics() throws -> String { try get("/metrics").text }

    /// One of the proxy's own samples, by its name and labels as they are written.
    public func ownSample(_ series: String) throws -> Double {
        let text = try get("/-/metrics").text
        for line in text.split(separator: "\n") where line.hasPrefix(series + " ") {
            if let value = Double(line.dropFirst(series.count + 1)) { return value }
        }
        throw TestFailure("no \(series) in\n\(text)")
    }
}
