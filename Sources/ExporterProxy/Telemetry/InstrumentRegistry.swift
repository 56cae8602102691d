import Synchronization

/// The proxy's own metrics: every instrument of a daemon is made here, and read by one page.
///
/// One registry for each daemon and none global, so that a test can hold two daemons. Asking again for the same name
/// and labels gives the instrument that is there; a new `read` takes the place of the old one. No series is on the
/// page twice.
package final class InstrumentRegistry: Sendable {
    package typealias Labels = [(String, String)]

    package enum FamilyType: String, Sendable { case counter, gauge, histogram }

    /// A line of the page: the family's name with `suffix`, labels and a value.
    struct Sample {
        var suffix = ""
        var labels: Labels
        var value: Double
    }

    private struct Member: Sendable {
        var labels: Labels
        var instrument: any Instrument
    }

    private struct Family: Sendable {
        var help: String
        var type: FamilyType
        var members: [Member] = []
    }

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// A counter; asking for the same name and other labels adds a sample to the family.
    package func counter(_ name: String, help: String, labels: Labels = []) -> Counter {
        instrument(name, help, .counter, labels) { Counter() }
    }

    /// A gauge that its owner sets.
    package func gauge(_ name: String, help: String, labels: Labels = []) -> Gauge {
        instrument(name, help, .gauge, labels) { Gauge() }
    }

    /// A gauge whose value is asked for when the page is read.
    package func gauge(
        _ name: String, help: String, labels: Labels = [], read: @escaping @Sendable () -> Double
    ) {
        add(Question { [(labels, read())] }, name, help, .gauge, labels)
    }

    /// `bounds` are the upper ends of the buckets, rising; the last bucket, without an end, comes by itself.
    package func histogram(_ name: String, help: String, labels: Labels = [], bounds: [Double]) -> Histogram {
        instrument(name, help, .histogram, labels) { Histogram(bounds: bounds) }
    }

    /// A family whose samples are all asked for when the page is read; without samples it is not on the page.
    ///
    /// The labels of two samples must differ.
    package func collect(
        _ name: String, help: String, type: FamilyType,
        read: @escaping @Sendable () -> [(labels: Labels, value: Double)]
    ) {
        add(Question(read: read), name, help, type, [])
    }

    private func instrument<T: Instrument>(
        _ name: String, _ help: String, _ type: FamilyType, _ labels: Labels, make: () -> T
    ) -> T {
        families.withLock { families in
            let members = families[name]?.members ?? []
            if let known = members.first(where: { $0.labels.elementsEqual(labels, by: ==) })?.instrument as? T {
                return known
            }
            let instrument = make()
            Self.put(Member(labels: labels, instrument: instrument), name, help, type, &families)
            return instrument
        }
    }

    private func add(
        _ instrument: any Instrument, _ name: String, _ help: String, _ type: FamilyType, _ labels: Labels
    ) {
        families.withLock { families in
            Self.put(Member(labels: labels, instrument: instrument), name, help, type, &families)
        }
    }

    private static func put(
        _ member: Member, _ name: String, _ help: String, _ type: FamilyType, _ families: inout [String: Family]
    ) {
        var family = families[name] ?? Family(help: help, type: type)
        precondition(family.type == type, "\(name) is a \(family.type) already")
        if let place = family.members.firstIndex(where: { $0.labels.elementsEqual(member.labels, by: ==) }) {
            family.members[place] = member
        } else {
            family.members.append(member)
        }
        families[name] = family
    }

    /// Text format 0.0.4, families by name. May take milliseconds where families have a sample for each source.
    package func exposition() -> String {
        // Not read under the lock: what is asked for may be behind a lock of its own.
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let samples = family.members.flatMap { $0.instrument.samples($0.labels) }
            if samples.isEmpty { continue }
            text += "# HELP \(name) \(MetricText.help(family.help))\n# TYPE \(name) \(family.type.rawValue)\n"
            for sample in samples {
                text += name
                text += sample.suffix
                MetricText.write(sample.labels, to: &text)
                text += " \(MetricText.number(sample.value))\n"
            }
        }
        return text
    }
}

/// What a family on the page is made of.
protocol Instrument: Sendable {
    func samples(_ labels: InstrumentRegistry.Labels) -> [InstrumentRegistry.Sample]
}

/// Something that is known elsewhere, and asked for when the page is read.
private struct Question: Instrument {
    let read: @Sendable () -> [(labels: InstrumentRegistry.Labels, value: Double)]

    func samples(_ labels: InstrumentRegistry.Labels) -> [InstrumentRegistry.Sample] {
        read().map { .init(labels: $0.labels, value: $0.value) }
    }
}
