import Synchronization

/// What is known of the poll targets that there are now.
package final class PollInstruments: Sendable {
    private let present = Mutex<[Target]>([])

    package init(registry: InstrumentRegistry) {
        let prefix = "exporter_proxy_poll_"
        collect(registry, prefix + "up", "Whether the last poll of a target succeeded.", .gauge) { $0.isUp ? 1 : 0 }
        collect(registry, prefix + "successes_total", "Polls that brought a whole body.", .counter) {
            Double($0.successes)
        }
        collect(registry, prefix + "duration_seconds", "How long the last poll of a target took.", .gauge) {
            $0.duration.seconds
        }
        collect(
            registry, prefix + "last_success_timestamp_seconds",
            "When a poll of a target last succeeded, in seconds since 1970; 0 before the first.", .gauge
        ) { $0.lastSuccess?.secondsSinceEpoch ?? 0 }
        registry.collect(prefix + "failures_total", help: "Polls that brought nothing.", type: .counter) { [self] in
            read().flatMap { name, record in
                PollError.reasons.map { reason in
                    ([("target", name), ("reason", reason)], Double(record.failures[reason] ?? 0))
                }
            }
        }
    }

    private func collect(
        _ registry: InstrumentRegistry, _ name: String, _ help: String, _ type: InstrumentRegistry.FamilyType,
        _ value: @escaping @Sendable (Record) -> Double
    ) {
        registry.collect(name, help: help, type: type) { [self] in
            read().map { ([("target", $0.name)], value($0.record)) }
        }
    }

    private func read() -> [(name: String, record: Record)] {
        present.withLock { $0 }.map { ($0.name, $0.record) }
    }

    /// The instruments of these targets, in this order. From now on they are on the page, and no others are; those
    /// that were there before go on counting.
    package func targets(_ names: [String]) -> [Target] {
        present.withLock { present in
            let known = Dictionary(present.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            present = names.map { known[$0] ?? Target(name: $0) }
            return present
        }
    }
}

extension PollInstruments {
    /// What has come of the polls of one target.
    struct Record {
        var isUp = false
        var successes: UInt64 = 0
        /// By reason.
        var failures: [String: UInt64] = [:]
        /// Of the last poll, whatever came of it.
        var duration = Duration.zero
        var lastSuccess: Timestamp?
    }

    /// Written by the task that polls the target, behind one lock.
    package final class Target: Sendable {
        let name: String
        private let kept = Mutex(Record())

        init(name: String) { self.name = name }

        var record: Record { kept.withLock { $0 } }

        func success(at moment: Moment, after duration: Duration) {
            kept.withLock { record in
                record.isUp = true
                record.successes += 1
                record.duration = duration
                record.lastSuccess = moment.wall
            }
        }

        func failure(_ error: PollError, after duration: Duration) {
            kept.withLock { record in
                record.isUp = false
                record.failures[error.reason, default: 0] += 1
                record.duration = duration
            }
        }
    }
}
