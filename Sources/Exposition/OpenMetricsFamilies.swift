/// The families of a body so far, and which names belong to them.
struct OpenMetricsFamilies {
    struct Family {
        var name: String
        var type: MetricType?
        /// Where it began.
        var line: Int
        var hasHelp = false
        var hasType = false
        var hasUnit = false
        /// And not empty.
        var unitIsGiven = false
        var hasSamples = false
    }

    private(set) var list: [Family] = []
    private(set) var currentIndex: Int?
    /// By every name that a family has or that its samples may have.
    private var owners: [String: Int] = [:]
    /// Of the current family.
    private var sampleNames: [(name: [UInt8], suffix: OpenMetricsSuffix)] = []

    var current: Family? { currentIndex.map { list[$0] } }

    subscript(index: Int) -> Family { list[index] }

    func owner(of name: String) -> Int? { owners[name] }

    /// What follows the family's name in a sample's name, where the current family may have such a sample.
    func suffixInCurrent(of name: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> OpenMetricsSuffix? {
        sampleNames.first { bytes.holds($0.name, at: name) }?.suffix
    }

    func suffixInCurrent(of name: [UInt8]) -> OpenMetricsSuffix? {
        sampleNames.first { $0.name == name }?.suffix
    }

    /// Begins a family without a type. A name that another family owns stays with that one.
    mutating func open(_ name: String, at line: Int) {
        list.append(Family(name: name, line: line))
        currentIndex = list.count - 1
        if owners[name] == nil { owners[name] = list.count - 1 }
        nameSamples()
    }

    /// Goes back to one of the list.
    mutating func resume(_ index: Int) {
        currentIndex = index
        nameSamples()
    }

    /// Of the current family. Returns whether another one owns a name that its samples may have.
    mutating func setType(_ type: MetricType) -> Bool {
        guard let index = currentIndex else { return false }
        list[index].type = type
        nameSamples()
        var clash = false
        for suffix in type.openMetricsSuffixes {
            let name = list[index].name + suffix.rawValue
            if let owner = owners[name] {
                clash = clash || (owner != index && suffix != .none)
            } else {
                owners[name] = index
            }
        }
        return clash
    }

    mutating func setUnit() {
        guard let index = currentIndex else { return }
        list[index].unitIsGiven = true
    }

    mutating func markSamples() {
        guard let index = currentIndex else { return }
        list[index].hasSamples = true
    }

    /// Whether the mark is new.
    mutating func mark(_ flag: WritableKeyPath<Family, Bool>) -> Bool {
        guard let index = currentIndex, !list[index][keyPath: flag] else { return false }
        list[index][keyPath: flag] = true
        return true
    }

    private mutating func nameSamples() {
        guard let index = currentIndex else { return }
        let family = list[index]
        let suffixes = family.type?.openMetricsSuffixes ?? [.none]
        sampleNames = suffixes.map { (Array((family.name + $0.rawValue).utf8), $0) }
    }
}
