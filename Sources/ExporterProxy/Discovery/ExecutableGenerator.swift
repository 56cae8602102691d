import Glibc

/// A program that prints its list: any executable file of a tree.
///
/// It runs in the folder of the tree, in a session of its own, with nothing on standard input.
package struct ExecutableGenerator {
    private enum Part: Sendable {
        case output([UInt8]?)
        case errors([UInt8])
    }

    private struct Run: Sendable {
        var end: Result<ChildProgram.End, ChildProgram.StartFailure>
        /// `nil` where it was too much.
        var output: [UInt8]?
        var errors: [UInt8]
    }

    private static let errorBytesMax = 4096

    /// The result of one run; when it returns, the process and its group are no more.
    package static func run(_ file: GeneratorFile, root: String, limits: GeneratorLimits) async -> GeneratorResult {
        let began = Moment.now()
        let (run, isLate) = await inTime(ChildProgram(program: root + "/" + file.path, folder: root), limits)
        let seconds = Moment.now().elapsed(since: began).seconds
        let details = String(decoding: run.errors, as: UTF8.self)
        if Task.isCancelled { return .failure(.stopped(after: seconds)) }
        if isLate { return .failure(.tooSlow(limits, details: details, seconds: seconds)) }
        guard let output = run.output else { return .failure(.tooLarge(limits, seconds: seconds)) }
        guard let (reason, text) = problem(run.end) else {
            return .success(GeneratorOutput(bytes: output, seconds: seconds))
        }
        return .failure(GeneratorFailure(reason, text, details: details, seconds: seconds))
    }

    private static func problem(
        _ end: Result<ChildProgram.End, ChildProgram.StartFailure>
    ) -> (GeneratorFailure.Reason, String)? {
        switch end {
        case .success(.exited(0)): nil
        case .success(.exited(let status)): (.exit, "it ended with status \(status)")
        case .success(.signaled(let signal)): (.exit, "it was killed by signal \(signal)")
        case .failure(.notFound): (.interpreter, "it cannot be started: it is gone, or what its first line names is")
        case .failure(.other(let reason)): (.interpreter, "it cannot be started: \(reason)")
        }
    }

    /// Whether it had to be ended because its time was up.
    private static func inTime(_ program: ChildProgram, _ limits: GeneratorLimits) async -> (Run, isLate: Bool) {
        await withTaskGroup(of: Run?.self) { group in
            group.addTask { await run(program, limits) }
            group.addTask {
                try? await Task.sleep(for: limits.timeout)
                return nil
            }
            let first: Run? = await group.next() ?? nil
            group.cancelAll()
            let second: Run? = await group.next() ?? nil
            let ended = first ?? second ?? Run(end: .failure(.other("nothing was run")), output: [], errors: [])
            return (ended, isLate: first == nil)
        }
    }

    private static func run(_ program: ChildProgram, _ limits: GeneratorLimits) async -> Run {
        var leader: pid_t?
        var ended = Run(end: .failure(.notFound), output: [], errors: [])
        do throws(ChildProgram.StartFailure) {
            ended.end = .success(
                try await program.run { child in
                    leader = child.process
                    // It runs already, though not for long.
                    ResourceLimits.limitMemory(of: child.process, bytes: limits.memoryBytesMax)
                    await child.endInput()
                    (ended.output, ended.errors) = await capture(child, bytesMax: limits.outputBytesMax)
                })
        } catch {
            ended.end = .failure(error)
        }
        // What it has left in its group. A number that is a group's is no new process's.
        if let leader { kill(-leader, SIGKILL) }
        return ended
    }

    private static func capture(
        _ child: ChildProgram.Running, bytesMax: Int
    ) async -> (output: [UInt8]?, errors: [UInt8]) {
        await withTaskGroup(of: Part.self) { group in
            group.addTask {
                var output: [UInt8]? = []
                await child.readOutput { part in
                    output = output.flatMap { $0.count + part.count > bytesMax ? nil : $0 + part }
                    return output != nil
                }
                if output == nil { child.kill() }
                return .output(output)
            }
            group.addTask {
                var errors: [UInt8] = []
                await child.readErrors { part in
                    errors = (errors + part).suffix(errorBytesMax)
                    return true
                }
                return .errors(errors)
            }
            var captured: (output: [UInt8]?, errors: [UInt8]) = ([], [])
            for await part in group {
                switch part {
                case .output(let output): captured.output = output
                case .errors(let errors): captured.errors = errors
                }
            }
            return captured
        }
    }
}
