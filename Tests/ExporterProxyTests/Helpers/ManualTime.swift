import NIOConcurrencyHelpers

@testable import ExporterProxy

/// A clock that stands until a test moves it.
final class ManualTime: Sendable {
    private let moment: NIOLockedValueBox<Moment>

    init(_ moment: Moment = .example) { self.moment = NIOLockedValueBox(moment) }

    var source: TimeSource { { self.moment.withLockedValue { $0 } } }

    func advance(by duration: Duration) { moment.withLockedValue { $0 = $0.advanced(by: duration) } }
}

extension Moment {
    /// 2026-11-21 02:55:35.156571713 UTC.
    static let example = Moment(
        wall: Timestamp(nanoseconds: 1_795_229_735_156_571_713), monotonic: 5_000_000_000_000)
}

extension Snapshot {
    convenience init(
        _ source: String, _ text: String, door: Origin.Door = .tcp, address: String = "127.0.0.1:6554",
        labels: [String: String] = [:], at moment: Moment = .example
    ) {
        self.init(
            source: source, origin: .init(door, address, labels: labels), receivedAt: moment,
            body: text.isEmpty ? .init() : .init(string: text))
    }
}
