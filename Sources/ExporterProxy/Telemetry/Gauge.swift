import Synchronization

/// A number that goes up and down, as its owner sets it. May be used from any thread.
package final class Gauge: Instrument {
    private let level = Atomic<Int>(0)

    package func set(_ value: Int) { level.store(value, ordering: .relaxed) }

    package var value: Int { level.load(ordering: .relaxed) }

    func samples(_ labels: InstrumentRegistry.Labels) -> [InstrumentRegistry.Sample] {
        [.init(labels: labels, value: Double(value))]
    }
}
