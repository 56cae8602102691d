import Synchronization

/// The proxy's own metrics: every instrument of a daemon is made here, and read by one page.
///
/// One registry for each daemon and none global, so that a test can hold two daemons.
package final class InstrumentRegistry: Sendable {
    private struct Family {
        var name: String
        var help: String
        var type: String
        var samples: [(labels: [(String, String)], read: @Sendable () -> Double)]
    }

    private let families = Mutex<[Family]>([])

    package init() {}

    /// A counter; asking again for the same name and other labels adds a sample to the family.
    package func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        let counter = Counter()
        add(name, help, "counter", labels) { Double(counter.value) }
        return counter
    }

    /// A gauge whose value is asked for when the page is read.
    package func gauge(
        _ name: String, help: String, labels: [(String, String)] = [], read: @escaping @Sendable () -> Double
    ) {
        add(name, help, "gauge", labels, read)
    }

    private func add(
        _ name: String, _ help: String, _ type: String, _ labels: [(String, String)],
        _ read: @escaping @Sendable () -> Double
    ) {
        families.withLock { families in
            let sample = (labels: labels, read: read)
            if let index = families.firstIndex(where: { $0.name == name }) {
                families[index].samples.append(sample)
            } else {
                families.append(Family(name: name, help: help, type: type, samples: [sample]))
            }
        }
    }

    /// Text format 0.0.4.
    package func exposition() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.type)\n"
            for sample in family.samples {
                text += "\(family.name)\(Self.labels(sample.labels)) \(Self.number(sample.read()))\n"
            }
        }
        return text
    }

    private static func labels(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.unicodeScalars.reduce(into: "") { text, scalar in
                switch scalar {
                case "\\": text += "\\\\"
                case "\"": text += "\\\""
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(scalar)
                }
            }
            return "\(name)=\"\(escaped)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}

/// Only goes up. May be used from any thread.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package func increment(by amount: Int = 1) {
        count.wrappingAdd(UInt64(clamping: amount), ordering: .relaxed)
    }

    package var value: UInt64 { count.load(ordering: .relaxed) }
}
