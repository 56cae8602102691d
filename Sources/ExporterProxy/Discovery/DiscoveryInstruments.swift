import Synchronization

/// What is counted of `/targets`: under the names of prometheus-http-sd where it has one.
///
/// Labels are paths below `/targets/` that exist, at most a thousand of each kind.
package final class DiscoveryInstruments: Sendable {
    package struct Path: Sendable {
        let success: Counter
        let stale: Counter
        let failure: Counter
        let duration: Histogram
        let targets: Gauge
    }

    private struct Generator: Sendable {
        var success: Counter
        var failure: Counter
        var duration: Histogram
        var targets: Gauge
    }

    private struct Known: Sendable {
        var paths: [String: Path] = [:]
        var generators: [String: Generator] = [:]
    }

    private static let namesMax = 1000
    private static let requestBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let runBounds = [0.5, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 240]

    private let registry: InstrumentRegistry
    private let known = Mutex(Known())
    private let hits: Counter
    private let misses: Counter
    private let unnamed: Counter

    package init(registry: InstrumentRegistry) {
        self.registry = registry
        func operations(_ name: String) -> Counter {
            registry.counter(
                "httpsd_cache_operations_total", help: "Lists of generators that were there, or had to be made.",
                labels: [("operation", name)])
        }
        (hits, misses) = (operations("hit"), operations("miss"))
        unnamed = registry.counter(
            "exporter_proxy_discovery_unnamed_total",
            help: "Requests and runs that are not counted by path or generator, since there are too many of these.")
    }

    func count(_ answers: [GeneratorCache.Answer]) {
        let hit = answers.count { $0.isHit }
        if hit > 0 { hits.increment(by: hit) }
        if hit < answers.count { misses.increment(by: answers.count - hit) }
    }

    /// `nil` where there are too many paths already.
    func path(_ name: String) -> Path? {
        known.withLock { known in
            if let path = known.paths[name] { return path }
            guard known.paths.count < Self.namesMax else { return nil }
            let path = makePath(name)
            known.paths[name] = path
            return path
        }
    }

    /// `nil` where nobody has had a list of it.
    func known(_ name: String) -> Path? { known.withLock { $0.paths[name] } }

    func countUnnamed() { unnamed.increment() }

    private func makePath(_ name: String) -> Path {
        let label = ("path", name)
        func requests(_ status: String) -> Counter {
            registry.counter(
                "httpsd_path_requests_total", help: "Requests for lists of targets.",
                labels: [label, ("status", status)])
        }
        return Path(
            success: requests("success"), stale: requests("stale"), failure: requests("fail"),
            duration: registry.histogram(
                "httpsd_target_path_request_duration_seconds", help: "How long requests for lists took.",
                labels: [label], bounds: Self.requestBounds),
            targets: registry.gauge(
                "httpsd_path_last_generated_targets", help: "Targets in the last list.", labels: [label]))
    }

    func count(_ run: GeneratorRunner.Run, of key: CachedRuns.Key) {
        guard let generator = generator(key.generator) else { return countUnnamed() }
        generator.duration.observe(run.seconds)
        switch run.result {
        case .success(let list):
            generator.success.increment()
            // Others are lists of their own.
            if key.parameters.isEmpty { generator.targets.set(list.targetCount) }
        case .failure: generator.failure.increment()
        }
    }

    private func generator(_ name: String) -> Generator? {
        known.withLock { known in
            if let generator = known.generators[name] { return generator }
            guard known.generators.count < Self.namesMax else { return nil }
            let generator = makeGenerator(name)
            known.generators[name] = generator
            return generator
        }
    }

    private func makeGenerator(_ name: String) -> Generator {
        let label = ("generator", name)
        func runs(_ status: String) -> Counter {
            registry.counter(
                "httpsd_generator_requests_total", help: "Runs of generators, and readings of files.",
                labels: [label, ("status", status)])
        }
        return Generator(
            success: runs("success"), failure: runs("fail"),
            duration: registry.histogram(
                "httpsd_generator_run_duration_seconds", help: "How long generators took.", labels: [label],
                bounds: Self.runBounds),
            targets: registry.gauge(
                "httpsd_generator_last_generated_targets", help: "Targets in the generator's last list.",
                labels: [label]))
    }
}
