import Synchronization

/// Only goes up. May be used from any thread.
package final class Counter: Instrument {
    private let count = Atomic<UInt64>(0)

    package func increment(by amount: Int = 1) {
        count.wrappingAdd(UInt64(clamping: amount), ordering: .relaxed)
    }

    package var value: UInt64 { count.load(ordering: .relaxed) }

    func samples(_ labels: InstrumentRegistry.Labels) -> [InstrumentRegistry.Sample] {
        [.init(labels: labels, value: Double(value))]
    }
}
