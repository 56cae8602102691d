import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// The one Python interpreter of a tree, warm: each run of a generator is a fork of it, and imports afresh.
///
/// It starts with the first run, and again with the next one after it has ended.
package final class PythonInterpreter: Service {
    /// One life of the interpreter.
    private final class Session: Sendable {
        let frames: AsyncStream<[UInt8]>
        let outgoing: AsyncStream<[UInt8]>.Continuation
        /// Rings where it is to end.
        let end = Bell()
        /// Why it is to end, and what it said of errors. One lock, held for assignments.
        let notes = Mutex<(why: String?, errors: [UInt8])>((nil, []))

        init() { (frames, outgoing) = AsyncStream.makeStream() }

        var why: String? { notes.withLock { $0.why } }
    }

    private struct State: Sendable {
        var calls = PythonCalls()
        var session: Session?
        var answers: [Int: AsyncStream<GeneratorResult>.Continuation] = [:]
        /// The largest answer that somebody may wait for.
        var answerBytesMax = 0

        mutating func add(
            _ request: PythonRequest, _ number: Int, _ answer: AsyncStream<GeneratorResult>.Continuation
        ) {
            answers[number] = answer
            answerBytesMax = max(answerBytesMax, request.limits.outputBytesMax)
            session?.outgoing.yield(request.frame(number: number))
        }
    }

    private static let errorBytesMax = 4096

    // One lock; no section waits.
    private let state = Mutex(State())
    private let sessions: AsyncStream<Session>
    private let starts: AsyncStream<Session>.Continuation
    private let program: String
    private let root: String
    private let patience: Duration
    private let logger: Logger
    private let time: TimeSource

    /// `program` is a name that is looked for in PATH, a path, or the folder of a virtualenv. An interpreter that has
    /// not answered `patience` after the time limit of a run is ended.
    package init(
        program: String, root: String, logger: Logger, patience: Duration = .seconds(5),
        time: @escaping TimeSource = Moment.now
    ) {
        self.program = program
        self.root = root
        self.logger = logger
        self.patience = patience
        self.time = time
        (sessions, starts) = AsyncStream.makeStream()
    }

    /// Until cancelled or graceful shutdown. When it returns, no process is left and nothing runs any more.
    package func run() async {
        await cancelWhenGracefulShutdown {
            for await session in self.sessions { await self.serve(session) }
        }
        let waiting = state.withLock { state in
            state.calls.close().compactMap { state.answers.removeValue(forKey: $0) }
        }
        for answer in waiting { answer.yield(.failure(.stopped(after: 0))) }
    }

    // MARK: Runs

    /// Runs `source`, which was read of `file`. How many run at once is up to the caller.
    package func generate(
        _ file: GeneratorFile, source: [UInt8], parameters: [(name: String, value: String)],
        question: GeneratorQuestion = .list, limits: GeneratorLimits
    ) async -> GeneratorResult {
        let request = PythonRequest(
            path: file.path, source: source, parameters: parameters, question: question, limits: limits)
        let began = time()
        let (answers, answer) = AsyncStream<GeneratorResult>.makeStream()
        switch begin(request, answer, at: began) {
        case .closed: return .failure(.stopped(after: 0))
        case .tooEarly(let wait):
            let text = "\(program) has ended again and again; it is tried again in \(DurationText.format(wait))"
            return .failure(GeneratorFailure(.interpreter, text, seconds: 0))
        case .start(let number), .send(let number):
            if let result = await Self.first(of: answers, within: limits.timeout + patience) {
                return Self.inOurWords(result, limits)
            }
            return .failure(giveUp(number, after: time().elapsed(since: began), isCancelled: Task.isCancelled))
        }
    }

    private func begin(
        _ request: PythonRequest, _ answer: AsyncStream<GeneratorResult>.Continuation, at now: Moment
    ) -> PythonCalls.Beginning {
        state.withLock { state in
            let beginning = state.calls.begin(at: now)
            switch beginning {
            case .closed, .tooEarly: return beginning
            case .start(let number):
                let session = Session()
                state.session = session
                starts.yield(session)
                state.add(request, number, answer)
            case .send(let number): state.add(request, number, answer)
            }
            return beginning
        }
    }

    private static func first(
        of answers: AsyncStream<GeneratorResult>, within limit: Duration
    ) async -> GeneratorResult? {
        await withTaskGroup(of: GeneratorResult?.self) { group in
            group.addTask {
                for await answer in answers { return answer }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func giveUp(_ number: Int, after time: Duration, isCancelled: Bool) -> GeneratorFailure {
        let session = state.withLock { state in
            state.answers[number] = nil
            return state.calls.gaveUp(number) ? state.session : nil
        }
        if isCancelled {
            session?.outgoing.yield(PythonRequest.stop(number: number))
            return .stopped(after: time.seconds)
        }
        if let session { end(session, because: "it did not answer") }
        return GeneratorFailure(.interpreter, "\(program) did not answer, and was ended", seconds: time.seconds)
    }

    private static func inOurWords(_ result: GeneratorResult, _ limits: GeneratorLimits) -> GeneratorResult {
        switch result {
        case .success(let output) where output.bytes.count > limits.outputBytesMax:
            .failure(.tooLarge(limits, seconds: output.seconds))
        case .failure(let failure) where failure.reason == .timeout:
            .failure(.tooSlow(limits, details: failure.details, seconds: failure.seconds))
        default: result
        }
    }

    // MARK: The process

    private func serve(_ session: Session) async {
        // Nobody has waited so long.
        guard session.why == nil else { return }
        // Whoever writes to a program that has ended is not to end as well.
        signal(SIGPIPE, SIG_IGN)
        await session.end.cancels {
            let end: Result<ChildProgram.End, ChildProgram.StartFailure>
            do throws(ChildProgram.StartFailure) {
                end = .success(try await self.child.run { await self.talk($0, session) })
            } catch {
                end = .failure(error)
            }
            self.fail(session, end)
        }
    }

    private var child: ChildProgram {
        ChildProgram(
            program: path, arguments: ["-u", "-c", PythonScript.beginning, root, "exporter-proxy"],
            gracePeriod: .seconds(2))
    }

    private var path: String {
        var status = stat()
        guard program.utf8.contains(UInt8(ascii: "/")), stat(program, &status) == 0,
            status.st_mode & S_IFMT == S_IFDIR
        else { return program }
        return program + "/bin/python3"
    }

    private func talk(_ child: ChildProgram.Running, _ session: Session) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard await child.write(FieldFrames.text(PythonScript.text)) else { return }
                for await frame in session.frames {
                    guard await child.write(frame) else { return }
                }
            }
            group.addTask {
                await child.readErrors { part in
                    session.notes.withLock { $0.errors = ($0.errors + part).suffix(Self.errorBytesMax) }
                    return true
                }
            }
            await read(child, session)
            group.cancelAll()
        }
    }

    private func read(_ child: ChildProgram.Running, _ session: Session) async {
        var frames = FieldFrames(frameBytesMax: 0)
        await child.readOutput { part in
            frames.append(part)
            frames.frameBytesMax = state.withLock { $0.answerBytesMax } + 64 * 1024
            do throws(FieldFrames.Malformed) {
                while let fields = try frames.next() { try take(fields) }
                return true
            } catch {
                end(session, because: "what it answered made no sense")
                return false
            }
        }
    }

    private func take(_ fields: [[UInt8]]) throws(FieldFrames.Malformed) {
        guard let answer = PythonAnswer(fields) else { throw FieldFrames.Malformed() }
        let (isKnown, waiting) = state.withLock { state in
            let isAwaited = state.calls.answered(answer.number)
            return (isAwaited != nil, state.answers.removeValue(forKey: answer.number))
        }
        guard isKnown else { throw FieldFrames.Malformed() }
        waiting?.yield(answer.result)
    }

    // MARK: Its end

    /// Whoever comes from now on waits for the next one, which starts when this one is gone.
    private func end(_ session: Session, because why: String) {
        session.notes.withLock { $0.why = $0.why ?? why }
        let failure = GeneratorFailure(.interpreter, "\(program) was ended: \(why)", seconds: 0)
        for answer in leave(session) { answer.yield(.failure(failure)) }
        session.end.ring()
    }

    /// Nobody asks it any more. Answers who has been waiting.
    private func leave(_ session: Session) -> [AsyncStream<GeneratorResult>.Continuation] {
        let now = time()
        return state.withLock { state in
            guard state.session === session else { return [] }
            state.session = nil
            return state.calls.ended(at: now).compactMap { state.answers.removeValue(forKey: $0) }
        }
    }

    /// Tells all who wait for `session`, which has ended.
    private func fail(_ session: Session, _ end: Result<ChildProgram.End, ChildProgram.StartFailure>) {
        let waiting = leave(session)
        session.outgoing.finish()
        guard !Task.isCancelled || session.why != nil else {
            for answer in waiting { answer.yield(.failure(.stopped(after: 0))) }
            return
        }
        let errors = session.notes.withLock { String(decoding: $0.errors, as: UTF8.self) }
        let failure = GeneratorFailure(.interpreter, sentence(session, end), details: errors, seconds: 0)
        logger.warning(
            "the interpreter of generators ended",
            metadata: ["python": "\(program)", "tree": "\(root)", "error": "\(failure.text)"])
        for answer in waiting { answer.yield(.failure(failure)) }
    }

    private func sentence(
        _ session: Session, _ end: Result<ChildProgram.End, ChildProgram.StartFailure>
    ) -> String {
        if let why = session.why { return "\(program) was ended: \(why)" }
        switch end {
        case .success(.exited(0)): return "\(program) was ended by one of its generators"
        case .success(.exited(let status)): return "\(program) ended with status \(status)"
        case .success(.signaled(let signal)): return "\(program) was killed by signal \(signal)"
        case .failure(.notFound):
            return "\(program) is not found; discovery.python names an interpreter or a virtualenv"
        case .failure(.other(let reason)):
            return "\(program) cannot be started: \(reason); discovery.python names an interpreter or a virtualenv"
        }
    }
}
