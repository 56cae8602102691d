import Synchronization

/// How often something was how large. May be used from any thread.
///
/// One lock, held for a handful of additions, so that count, sum and buckets of a page belong together.
package final class Histogram: Instrument {
    private struct State {
        /// For each bucket what fell into it and into no smaller one; the last has no upper end.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds do not rise")
        self.bounds = bounds
        state = Mutex(State(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
    }

    package func observe(_ value: Double) {
        // Few bounds, and most values are small: looking at each in turn is the fastest.
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += value
        }
    }

    func samples(_ labels: InstrumentRegistry.Labels) -> [InstrumentRegistry.Sample] {
        let state = state.withLock { $0 }
        var total: UInt64 = 0
        var samples = zip(bounds + [.infinity], state.counts).map { bound, count in
            total += count
            return InstrumentRegistry.Sample(
                suffix: "_bucket", labels: labels + [("le", MetricText.number(bound))], value: Double(total))
        }
        samples.append(.init(suffix: "_sum", labels: labels, value: state.sum))
        samples.append(.init(suffix: "_count", labels: labels, value: Double(total)))
        return samples
    }
}
