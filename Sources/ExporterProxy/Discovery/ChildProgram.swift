import Glibc
import Subprocess
import SystemPackage

/// A program that we start, with pipes, in a session of its own. The one place that starts any.
///
/// A process of it that leaves the group of the session is not found again.
struct ChildProgram: Sendable {
    enum StartFailure: Error, Equatable {
        case notFound
        case other(String)
    }

    enum End: Equatable, Sendable {
        case exited(Int32)
        case signaled(Int32)
    }

    /// The program while it runs.
    struct Running: Sendable {
        fileprivate let execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

        /// The process, and the group that it leads.
        var process: pid_t { execution.processIdentifier.value }

        /// Whether the program has taken all of it.
        func write(_ bytes: [UInt8]) async -> Bool {
            (try? await execution.standardInputWriter.write(bytes)) == bytes.count
        }

        /// With its whole group.
        func kill() { try? execution.send(signal: .kill, toProcessGroup: true) }

        func endInput() async { try? await execution.standardInputWriter.finish() }

        /// Until the end of the output or of the program, or until `take` says that it wants no more. Once.
        func readOutput(_ take: ([UInt8]) -> Bool) async { await Self.read(execution.standardOutput, take) }

        /// The same of what it says of errors.
        func readErrors(_ take: ([UInt8]) -> Bool) async { await Self.read(execution.standardError, take) }

        private static func read(_ parts: SubprocessOutputSequence, _ take: ([UInt8]) -> Bool) async {
            do {
                for try await part in parts {
                    guard take(part.withUnsafeBytes { Array($0) }) else { return }
                }
            } catch {
                // What cannot be read has come to its end.
            }
        }
    }

    /// A path, or a name that is looked for in the folders of PATH.
    var program: String
    var arguments: [String] = []
    /// Where it begins; `nil` is where we are.
    var folder: String?
    /// Asked to end by SIGTERM, until the whole group is killed; `nil`: it is killed at once.
    var gracePeriod: Duration?

    /// Ours without our own settings: there may be secrets among them.
    private static var environment: Environment {
        let own = ProcessEnvironment.all().keys.filter { $0.hasPrefix("EXPORTER_PROXY_") }
        let nothing = own.map { (Environment.Key(stringLiteral: $0), String?.none) }
        return .inherit.updating(Dictionary(nothing) { $1 })
    }

    /// Returns when it has ended. It is ended where the task is cancelled; where `body` returns, its input ends.
    func run(_ body: (Running) async -> Void) async throws(StartFailure) -> End {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(
                signal: gracePeriod == nil ? .kill : .terminate, toProcessGroup: true,
                allowedDurationToNextStep: gracePeriod ?? .seconds(1))
        ]
        do {
            let result = try await Subprocess.run(
                program.utf8.contains(UInt8(ascii: "/")) ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(arguments), environment: Self.environment,
                workingDirectory: folder.map { FilePath($0) },
                platformOptions: options, input: .inputWriter, output: .sequence, error: .sequence
            ) { await body(Running(execution: $0)) }
            switch result.terminationStatus {
            case .exited(let status): return .exited(status)
            case .signaled(let signal): return .signaled(signal)
            }
        } catch let error as SubprocessError {
            throw Self.failure(error)
        } catch {
            throw .other("it was stopped")
        }
    }

    private static func failure(_ error: SubprocessError) -> StartFailure {
        if error.code == .executableNotFound { return .notFound }
        guard let reason = error.underlyingError else { return .other("\(error)") }
        return .other(SystemError.sentence(reason.rawValue))
    }
}
