@testable import Exposition

/// Calls `body` with a copy of exactly this size.
func withExactCopy<Result>(_ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return body(UnsafeRawBufferPointer(copy))
}

func indexed(_ bytes: some Collection<UInt8>, limits: ExpositionLimits = .none) -> IndexedExposition? {
    withExactCopy(bytes) { CanonicalText.index($0, limits: limits) }
}

func indexed(_ text: String, limits: ExpositionLimits = .none) -> IndexedExposition? {
    indexed(text.utf8, limits: limits)
}

func lockstep(_ new: [UInt8], like old: [UInt8], _ oldIndex: IndexedExposition) -> IndexedExposition? {
    withExactCopy(new) { new in withExactCopy(old) { old in CanonicalText.index(new, like: old, oldIndex) } }
}

/// Limits that differ from none in one thing.
func limits(_ change: (inout ExpositionLimits) -> Void) -> ExpositionLimits {
    var limits = ExpositionLimits.none
    change(&limits)
    return limits
}

/// Bodies by chance: most of them canonical, each near to a border of what is.
struct BodyGenerator {
    var random: Random

    init(seed: UInt64) { random = Random(seed: seed) }

    /// Splitmix64: the same numbers for the same seed, everywhere.
    struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var number = state
            number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
            number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
            return number ^ (number >> 31)
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &self)]
        }

        /// True once in `count` times.
        mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
    }

    private static let names = [
        "a", "ab", "a:b", "_c", "h_bucket", "http_requests_total", "a_sum", "up", "Z9", "a_count",
    ]
    private static let labels = [
        "le", "quantile", "job", "exported_job", "l", "lab", "instance", "handler_of_requests",
    ]
    private static let texts = [
        "", "1", "1.0", "1e0", "+Inf", "é", #"\n"#, #"\\"#, #"\""#, "}", "€", "😀", "a b,c=", "\0",
    ]
    private static let numbers = [
        "0", "1", "-1", "+2.5", "1e3", "NaN", "+Inf", "-inf", "Infinity", ".5", "5.", "1e-9", "12345678901234567890",
    ]

    mutating func body() -> [UInt8] {
        var text = ""
        let names = Self.names.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
        for name in names { appendFamily(name, to: &text) }
        if random.once(in: 20) { appendFamily(random.pick(Self.names), to: &text) }
        return Array(text.utf8)
    }

    private mutating func appendFamily(_ name: String, to text: inout String) {
        let type = random.pick(["counter", "gauge", "histogram", "summary", "untyped", ""])
        let help = random.once(in: 3) ? "# HELP \(name) \(random.pick(Self.texts.filter { $0 != #"\""# }))\n" : ""
        if type.isEmpty || random.once(in: 2) {
            text += help
            if !type.isEmpty { text += "# TYPE \(name) \(type)\n" }
        } else {
            text += "# TYPE \(name) \(type)\n" + help
        }
        var suffixes = [""]
        if type == "histogram" { suffixes = ["_bucket", "_bucket", "_sum", "_count", ""] }
        if type == "summary" { suffixes = ["", "", "_sum", "_count"] }
        let isTimed = random.once(in: 4)
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            appendSample(name + random.pick(suffixes), isTimed, to: &text)
        }
    }

    private mutating func appendSample(_ name: String, _ isTimed: Bool, to text: inout String) {
        text += name
        if !random.once(in: 5) {
            text += random.once(in: 20) ? " \t{" : "{"
            for label in Self.labels.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)) {
                let isBorder = label == "le" || label == "quantile"
                let value = isBorder && !random.once(in: 20) ? number() : random.pick(Self.texts)
                let blank = random.once(in: 12) ? random.pick([" ", "\t"]) : ""
                text += "\(blank)\(label)\(blank)=\(blank)\"\(value)\"\(blank),"
            }
            if random.once(in: 3) == false, text.hasSuffix(",") { text.removeLast() }
            text += "}"
        }
        text += random.once(in: 12) ? "\t " : " "
        text += random.pick(Self.numbers)
        if isTimed, !random.once(in: 4) { text += " " + random.pick(["0", "5", "05", "6", "1700000000000"]) }
        text += "\n"
    }

    private mutating func number() -> String {
        random.once(in: 3)
            ? random.pick(Self.texts.filter { $0.utf8.first.map { $0 &- 48 < 10 } ?? false })
            : String(Int.random(in: 0..<50, using: &random))
    }

    // MARK: Changes

    private static let pieces: [[UInt8]] =
        [
            "\n", "\r", "\r\n", " ", "\t", "\0", "\\", "\"", "{", "}", ",", "=", "#", "0", "9", ".", "e", "-", "_sum",
            "a{} 1\n",
            "# TYPE a histogram\n", "# HELP a x\n", "# EOF\n", "# c\n", "__name__", "le=\"1\",", "\\\n", "{\"",
            "\u{FEFF}", "é",
            " 0", " 9223372036854775807", " 9223372036854775808", "1e400", "0x1", "1_0", "nan",
        ].map { Array($0.utf8) } + [
            [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xE2, 0x82],
            [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xFF],
        ]

    /// One to three changes anywhere.
    mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.insert(contentsOf: random.pick(Self.pieces), at: place)
        case 1 where place < bytes.count: bytes.remove(at: place)
        case 2 where place < bytes.count: bytes[place] = random.pick(Self.pieces)[0]
        case 3 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + 4))
        default: moveLine(&bytes)
        }
    }

    /// Or copies it, or ends the body behind it.
    private mutating func moveLine(_ bytes: inout [UInt8]) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
        let place = Int.random(in: 0..<lines.count, using: &random)
        let line = random.once(in: 2) ? lines[place] : lines.remove(at: place)
        lines.insert(line, at: Int.random(in: 0...lines.count, using: &random))
        bytes = Array(lines.joined().dropLast())
    }

    /// Other values and timestamps, nothing else.
    mutating func moved(_ bytes: [UInt8]) -> [UInt8] {
        var moved: [UInt8] = []
        for line in bytes.split(separator: 0x0A) {
            let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
            if line.first == UInt8(ascii: "#") || parts.count < 2 || random.once(in: 3) {
                moved += line
            } else {
                let isTimed =
                    parts.count > 2 && Self.numbers.contains(String(decoding: parts[parts.count - 2], as: UTF8.self))
                let kept = parts.dropLast(isTimed ? 2 : 1)
                moved += kept.joined(separator: [0x20])
                moved += " \(random.pick(Self.numbers))".utf8
                if isTimed, !random.once(in: 4) { moved += " \(random.pick(["7", "8", "09"]))".utf8 }
            }
            moved.append(0x0A)
        }
        return moved
    }
}
