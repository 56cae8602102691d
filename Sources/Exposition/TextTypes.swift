/// Which families a text declares, known before its samples are read: TYPE may come after them.
struct TextTypes {
    struct Declaration {
        var type: MetricType
        /// Where the line begins that is taken; later ones are repetitions.
        var offset: Int
    }

    /// By family; without those whose name belongs to the samples of another one.
    private(set) var declarations: [[UInt8]: Declaration] = [:]

    init(_ bytes: UnsafeRawBufferPointer, rule: NameRule) {
        let reader = TextCommentReader(bytes: bytes, rule: rule)
        var empty: [[UInt8]: Int] = [:]
        for line in TextLines(bytes) where line.content.first.map({ bytes[$0] }) == UInt8(ascii: "#") {
            guard case .type(let metadata) = try? reader.read(line) else { continue }
            if metadata.rest.isEmpty {
                if empty[metadata.name] == nil { empty[metadata.name] = line.whole.lowerBound }
            } else if let type = Self.type(bytes[metadata.rest]), declarations[metadata.name] == nil {
                declarations[metadata.name] = Declaration(type: type, offset: line.whole.lowerBound)
            }
        }
        for (name, offset) in empty where declarations[name] == nil {
            declarations[name] = Declaration(type: .untyped, offset: offset)
        }
        removeTaken()
    }

    /// In any case, as promtool has it; `gauge_histogram` is its spelling.
    static func type(_ word: some Collection<UInt8>) -> MetricType? {
        let lower = String(decoding: word.prefix(20), as: UTF8.self).lowercased()
        return lower == "gauge_histogram" ? .gaugehistogram : MetricType(rawValue: lower)
    }

    /// Short names first, so that a family whose own name is taken takes none itself.
    private mutating func removeTaken() {
        for name in declarations.keys.sorted(by: { $0.count < $1.count }) where owner(of: name) != nil {
            declarations[name] = nil
        }
    }

    /// The histogram or summary that has samples of this name besides those of its own name.
    func owner(of name: [UInt8]) -> [UInt8]? {
        for (suffix, types) in Self.suffixes where name.count > suffix.count && name.suffix(suffix.count) == suffix[...]
        {
            let base = Array(name.dropLast(suffix.count))
            if let type = declarations[base]?.type, types.contains(type) { return base }
        }
        return nil
    }

    private static let suffixes: [([UInt8], Set<MetricType>)] = [
        (Array("_bucket".utf8), [.histogram, .gaugehistogram]),
        (Array("_sum".utf8), [.histogram, .gaugehistogram, .summary]),
        (Array("_count".utf8), [.histogram, .gaugehistogram, .summary]),
    ]
}

extension MetricType {
    /// The type that text 0.0.4 has for it: what is in it stays as it is. A gauge histogram is declared a histogram,
    /// which says more of its buckets than untyped; its `_gsum` and `_gcount` are families of their own.
    public var inText: MetricType {
        switch self {
        case .unknown: .untyped
        case .info, .stateset: .gauge
        case .gaugehistogram: .histogram
        case .counter, .gauge, .histogram, .summary, .untyped: self
        }
    }
}
