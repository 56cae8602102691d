import Logging

/// Runs every generator of a tree once, one after the other, before Prometheus has them run.
package struct TargetRehearsal: Sendable {
    private let tree: TargetTree
    private let python: PythonInterpreter
    private let limits: GeneratorLimits

    package init(_ configuration: DiscoveryConfiguration.Tree, limits: GeneratorLimits, logger: Logger) {
        tree = TargetTree(root: configuration.root)
        python = PythonInterpreter(program: configuration.python, root: configuration.root, logger: logger)
        self.limits = limits
    }

    /// Nothing that a generator does ends it. Throws where there is no tree.
    package func report(leavingOut isLeftOut: @escaping @Sendable (String) -> Bool) async throws(TreeError)
        -> TargetsReport
    {
        let listing = try tree.listing(of: TreePath())
        let generators = listing.generators.filter { !isLeftOut($0.path) }
        let end = Bell()
        var report = await withTaskGroup(of: TargetsReport?.self) { group in
            group.addTask {
                await end.cancels { await python.run() }
                return nil
            }
            group.addTask {
                var report = TargetsReport()
                for generator in generators { report.entries.append(await entry(generator)) }
                end.ring()
                return report
            }
            var report = TargetsReport()
            for await finished in group { report = finished ?? report }
            return report
        }
        report.ignored = listing.ignored.filter { !isLeftOut($0.path) }
        report.leftOutCount = listing.generators.count - generators.count
        return report
    }

    private func entry(_ file: GeneratorFile) async -> TargetsReport.Entry {
        var entry = TargetsReport.Entry(path: file.path, targetCount: 0, seconds: 0, problems: [])
        let began = ContinuousClock.now
        let output = await output(of: file)
        entry.seconds = (ContinuousClock.now - began).seconds
        switch output {
        case .failure(let trouble): entry.trouble = trouble
        case .success(let (list, problems)):
            entry.targetCount = list?.targetCount ?? 0
            entry.problems = problems
        }
        return entry
    }

    private typealias Reading = (list: TargetList?, problems: [TargetProblem])

    private func output(of file: GeneratorFile) async -> Result<Reading, GeneratorTrouble> {
        var bytes: [UInt8] = []
        if file.kind != .executable {
            do throws(TreeError) { bytes = try tree.read(file).bytes } catch {
                return .failure(GeneratorTrouble(error))
            }
        }
        switch file.kind {
        case .json: return .success(TargetList.read(bytes, .json))
        case .yaml: return .success(TargetList.read(bytes, .yaml))
        case .python, .executable:
            return await program(file, bytes).map { TargetList.read($0.bytes, .json) }.mapError { GeneratorTrouble($0) }
        }
    }

    private func program(_ file: GeneratorFile, _ bytes: [UInt8]) async -> Result<GeneratorOutput, GeneratorFailure> {
        guard file.kind == .python else {
            return await ExecutableGenerator.run(file, root: tree.root, limits: limits)
        }
        return await python.generate(
            file, source: bytes, parameters: [], question: .rehearsal, limits: limits)
    }
}
