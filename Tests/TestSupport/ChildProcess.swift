import Glibc
import Synchronization

/// A program that a test runs. What it writes goes to files, so that nobody has to read along.
public final class ChildProcess: Sendable {
    public enum Exit: Equatable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    public let pid: pid_t
    private let folder: TemporaryFolder
    private let name: String
    private let reaped = Mutex<Exit?>(nil)

    /// Starts `program` with `input` as its standard input, and `environment` added to this process's own.
    /// `descriptors` are our own under the numbers that it knows them by.
    public init(
        _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        directory: String = "/", descriptors: [Int32: Int32] = [:]
    ) throws {
        folder = try TemporaryFolder()
        name = program.split(separator: "/").last.map(String.init) ?? program
        try folder.write("input", input)
        pid = try Self.spawn(
            program, arguments, environment: environment, directory: directory, files: folder,
            descriptors: descriptors)
    }

    deinit {
        guard reaped.withLock({ $0 }) == nil else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    public var output: [UInt8] { TemporaryFolder.read(folder.path("output")) }
    public var outputText: String { String(decoding: output, as: UTF8.self) }
    public var errorText: String { String(decoding: TemporaryFolder.read(folder.path("errors")), as: UTF8.self) }

    public func send(_ signal: Int32) {
        reaped.withLock { if $0 == nil { kill(pid, signal) } }
    }

    /// How it ended, or nil while it runs.
    public func exitIfAny() -> Exit? {
        reaped.withLock { reaped in
            var status: Int32 = 0
            if reaped == nil, waitpid(pid, &status, WNOHANG) == pid {
                // wait(2): the low seven bits are the signal, the next byte the exit status.
                reaped = status & 0x7F == 0 ? .status((status >> 8) & 0xFF) : .signal(status & 0x7F)
            }
            return reaped
        }
    }

    public var isRunning: Bool { exitIfAny() == nil }

    public func exit(within limit: Duration = patience) async throws -> Exit {
        try await answer(to: "\(name) ends", within: limit) { exitIfAny() }
    }

    /// Asks it to end, and makes sure that it does.
    public func end(_ signal: Int32 = SIGTERM) async throws {
        send(signal)
        if (try? await exit(within: .seconds(10))) == nil { send(SIGKILL) }
        _ = try await exit()
    }

    /// CPU time it has used so far, of user and system together; proc(5), fields 14 and 15 of stat.
    public func processorTime() throws -> Duration {
        let text = String(decoding: TemporaryFolder.read("/proc/\(pid)/stat"), as: UTF8.self)
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
            throw TestFailure("\(name) has no /proc/\(pid)/stat")
        }
        return .seconds(Double(user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    // MARK: Starting

    private static func spawn(
        _ program: String, _ arguments: [String], environment: [String: String], directory: String,
        files: TemporaryFolder, descriptors: [Int32: Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files.path("input"), O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.path("output"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files.path("errors"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for (number, own) in descriptors { posix_spawn_file_actions_adddup2(&actions, own, number) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        try resetSignals(&attributes)

        var pid: pid_t = 0
        // env(1) changes the directory, which posix_spawn(3) cannot, and becomes the program.
        let command = ["/usr/bin/env", "-C", directory, program] + arguments
        let code = withCStrings(command) { arguments in
            withCStrings(variables(adding: environment)) { variables in
                posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw TestFailure("cannot start \(program): errno \(code)") }
        return pid
    }

    /// The runner may ignore signals that the child is to get.
    private static func resetSignals(_ attributes: inout posix_spawnattr_t) throws {
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    }

    private static func variables(adding added: [String: String]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            // The proxy would take its keys from here.
            if added[String(name)] == nil, !name.hasPrefix("EXPORTER_PROXY_") { variables.append(text) }
            next += 1
        }
        return variables + added.map { "\($0)=\($1)" }
    }

    private static func withCStrings<T>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T
    ) -> T {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

/// Runs a program to its end.
public func run(
    _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    directory: String = "/", within limit: Duration = patience
) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
    let child = try ChildProcess(
        program, arguments, input: input, environment: environment, directory: directory)
    let exit = try await child.exit(within: limit)
    return (exit, child.outputText, child.errorText)
}
