import HyperDHT
import Testing

/// Bytes made of others by what goes wrong on the way, or by who wants it to.
struct Damage {
    /// What a decoder is likely to stumble over: lengths of all sizes, and the numbers next to them.
    private static let pieces: [[UInt8]] = [
        [0], [1], [0xFC], [0xFD, 0, 0], [0xFD, 0xFF, 0xFF], [0xFE, 0xFF, 0xFF, 0xFF, 0x7F],
        [0xFE, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0], [0xFF] + [UInt8](repeating: 0xFF, count: 8),
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 0x80], [UInt8](repeating: 0, count: 32), [0xC3], [0xF0, 0x9F],
    ]

    /// The same numbers for the same seed (SplitMix64), so that a failure that names its seed can be had again.
    struct Numbers: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    private var numbers: Numbers
    private let samples: [[UInt8]]

    init(seed: UInt64, of samples: [[UInt8]]) { (numbers, self.samples) = (Numbers(seed: seed), samples) }

    mutating func next() -> [UInt8] {
        var bytes = sample()
        for _ in 0..<Int.random(in: 1...4, using: &numbers) { change(&bytes) }
        return bytes
    }

    private mutating func sample() -> [UInt8] { samples.randomElement(using: &numbers) ?? [] }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &numbers)
        switch Int.random(in: 0..<7, using: &numbers) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...8, using: &numbers)))
        case 3: bytes = Array(bytes[..<place]) + sample()
        case 4: bytes.removeSubrange(place...)
        case 5: bytes += bytes[place...]
        default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &numbers) ?? [], at: place)
        }
    }
}

/// Lets `read` have 10 000 damaged samples, and each sample cut at every length: it throws or answers.
///
/// That some of both happen shows that the damage is of a useful size.
func throwsOrAnswers(
    _ samples: [[UInt8]], seed: UInt64 = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: ([UInt8]) throws -> Void
) {
    var (answers, errors) = (0, 0)
    func count(_ bytes: [UInt8]) {
        do {
            try read(bytes)
            answers += 1
        } catch { errors += 1 }
    }
    for sample in samples { for length in 0..<sample.count { count(Array(sample.prefix(length))) } }
    var damage = Damage(seed: seed, of: samples)
    for _ in 0..<10_000 { count(damage.next()) }
    #expect(answers > 100 && errors > 100, "\(answers) answers, \(errors) errors", sourceLocation: sourceLocation)
}

/// The same, and what was read of damaged bytes is written so that it reads the same again.
func throwsOrAnswers<Value: WireValue & Equatable>(
    _ type: Value.Type, _ samples: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation
) {
    throwsOrAnswers(samples, sourceLocation: sourceLocation) { bytes in
        let value = try Value(bytes: bytes)
        let again = try Value(bytes: value.bytes)
        if again != value {
            Issue.record("\(Hex.text(of: bytes)) reads as \(value), then as \(again)", sourceLocation: sourceLocation)
        }
    }
}

extension [UInt8] {
    /// Of hexadecimal digits, in tests.
    init(hex: String) throws { self = try #require(Hex.bytes(of: hex), "\(hex) is not hexadecimal") }
}
