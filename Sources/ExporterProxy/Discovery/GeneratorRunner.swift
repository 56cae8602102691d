import NIOPosix

/// Gets the list of one generator: reads the file, or runs the program, and judges what comes.
package struct GeneratorRunner: Sendable {
    package struct Run: Sendable {
        package var result: Result<ReadyList, GeneratorTrouble>
        /// Of the file that was read; `nil` where there was none.
        package var stamp: FileStamp?
        package var seconds: Double
    }

    private let mounts: TargetMounts
    private let interpreters: [PythonInterpreter]
    private let limits: GeneratorLimits
    private let threads: NIOThreadPool
    private let judges: NIOThreadPool
    private let time: TimeSource

    /// - Parameters:
    ///   - interpreters: one for each of `mounts`.
    ///   - threads: where folders are looked at and files read.
    ///   - judges: where lists are judged.
    package init(
        _ mounts: TargetMounts, interpreters: [PythonInterpreter], limits: GeneratorLimits, threads: NIOThreadPool,
        judges: NIOThreadPool, time: @escaping TimeSource
    ) {
        self.mounts = mounts
        self.interpreters = interpreters
        self.limits = limits
        self.threads = threads
        self.judges = judges
        self.time = time
    }

    package func listing(of path: TreePath) async -> Result<TargetMounts.Listing, TreeError> {
        await elsewhere { () throws(TreeError) in try mounts.listing(of: path) }
    }

    package func run(_ generator: ListedGenerator, _ parameters: [GeneratorParameter]) async -> Run {
        let began = time()
        if generator.file.kind == .executable {
            // It is not read, whatever its size: the system does.
            let output = await output(of: generator, [], parameters)
            return Run(result: output, stamp: generator.file.stamp, seconds: time().elapsed(since: began).seconds)
        }
        let file = await elsewhere { () throws(TreeError) in
            try mounts.mounts[generator.mount].tree.read(generator.file)
        }
        switch file {
        case .failure(let error):
            return Run(
                result: .failure(GeneratorTrouble(error)), stamp: nil, seconds: time().elapsed(since: began).seconds)
        case .success(let (bytes, stamp)):
            let output = await output(of: generator, bytes, parameters)
            let seconds = time().elapsed(since: began).seconds
            guard case .success(let list) = output else {
                return Run(result: output.flatMap { _ in .failure(.notRunYet) }, stamp: stamp, seconds: seconds)
            }
            return Run(result: .success(list), stamp: stamp, seconds: seconds)
        }
    }

    /// What a Python generator returns, as it is.
    package func value(
        of generator: ListedGenerator, _ parameters: [GeneratorParameter]
    ) async -> Result<GeneratorOutput, GeneratorTrouble> {
        let file = await elsewhere { () throws(TreeError) in
            try mounts.mounts[generator.mount].tree.read(generator.file)
        }
        switch file {
        case .failure(let error): return .failure(GeneratorTrouble(error))
        case .success(let (bytes, _)):
            let result = await program(generator, bytes, parameters, .anything)
            return result.mapError { GeneratorTrouble($0) }
        }
    }

    private func output(
        of generator: ListedGenerator, _ bytes: [UInt8], _ parameters: [GeneratorParameter]
    ) async -> Result<ReadyList, GeneratorTrouble> {
        switch generator.file.kind {
        case .json: return await judge(bytes, .json)
        case .yaml: return await judge(bytes, .yaml)
        case .python, .executable:
            switch await program(generator, bytes, parameters, .list) {
            case .success(let output): return await judge(output.bytes, .json)
            case .failure(let failure): return .failure(GeneratorTrouble(failure))
            }
        }
    }

    private func program(
        _ generator: ListedGenerator, _ bytes: [UInt8], _ parameters: [GeneratorParameter],
        _ question: GeneratorQuestion
    ) async -> Result<GeneratorOutput, GeneratorFailure> {
        guard generator.file.kind == .python else {
            let root = mounts.mounts[generator.mount].tree.root
            return await ExecutableGenerator.run(generator.file, root: root, limits: limits)
        }
        return await interpreters[generator.mount].generate(
            generator.file, source: bytes, parameters: parameters.map { ($0.name, $0.value) },
            question: question, limits: limits)
    }

    private func judge(_ bytes: [UInt8], _ format: TargetList.Format) async -> Result<ReadyList, GeneratorTrouble> {
        await elsewhere(judges) { () throws(GeneratorTrouble) in
            let (list, problems) = TargetList.read(bytes, format)
            guard let list else { throw GeneratorTrouble(problems.filter { $0.severity == .refused }) }
            return ReadyList(list)
        }
    }

    /// What takes long: not on the threads that everything shares.
    private func elsewhere<Value: Sendable, Failure: Error>(
        _ threads: NIOThreadPool? = nil, _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async -> Result<Value, Failure> {
        await withCheckedContinuation { continuation in
            (threads ?? self.threads).submit { _ in
                continuation.resume(returning: Result { () throws(Failure) in try work() })
            }
        }
    }
}
