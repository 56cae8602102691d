/// Reads what old Prometheus clients send as protobuf: messages `io.prometheus.client.MetricFamily`, each behind its
/// length as a varint.
///
/// The model is in the terms of text 0.0.4, so that `TextWriter` can write it: a histogram is samples `_bucket`, `_sum`
/// and `_count`, with a bucket `+Inf` also where none was sent. Of native histograms only sum and count stay; exemplars
/// and times of creation are left out, and so is every field that is not known here. Bounds are written as Go does.
///
/// Of two families with the same name the later takes the earlier's place, as in Pushgateway. Two series that are the
/// same are not looked for: who reads the text finds them.
public enum ProtobufParser {
    /// Names have the old form, without quotes. `limits.bytes` is for the text that comes of it, which can be much
    /// larger than the messages; `limits.series` is for samples, also of families whose place was taken.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits
    ) throws(ProtobufError) -> [MetricFamily] {
        var body = ProtobufCursor(bytes)
        var families = ProtobufFamilies(limits: limits)
        var number = 1
        do throws(ProtobufError) {
            while let message = try body.nextDelimited() {
                try families.read(message)
                number &+= 1
            }
        } catch {
            throw ProtobufError(error.problem, at: error.offset, field: error.field, message: number)
        }
        return families.families
    }
}

/// The families so far, each name once.
private struct ProtobufFamilies {
    private(set) var families: [MetricFamily] = []
    private var places: [String: Int] = [:]
    private var room: ProtobufRoom

    init(limits: ExpositionLimits) { room = ProtobufRoom(limits) }

    mutating func read(_ message: ProtobufCursor) throws(ProtobufError) {
        let family = try ProtobufFamily(message, &room).family
        if let place = places[family.name] {
            families[place] = family
            return
        }
        guard families.count < room.limits.families else {
            throw ProtobufError(.tooMuch("metric families", limit: room.limits.families), at: message.position)
        }
        places[family.name] = families.count
        families.append(family)
    }
}

/// What a body may still come to.
struct ProtobufRoom {
    let limits: ExpositionLimits
    private var samples: Int
    private var textBytes: Int

    init(_ limits: ExpositionLimits) {
        self.limits = limits
        samples = limits.series
        textBytes = limits.bytes
    }

    /// Takes what one sample needs, of so many bytes of text or somewhat more.
    mutating func takeSample(textBytes bytes: Int, at offset: Int) throws(ProtobufError) {
        guard samples > 0 else { throw ProtobufError(.tooMuch("series", limit: limits.series), at: offset) }
        samples &-= 1
        try takeText(bytes, at: offset)
    }

    mutating func takeText(_ bytes: Int, at offset: Int) throws(ProtobufError) {
        guard bytes <= textBytes else {
            throw ProtobufError(.tooMuch("bytes of text", limit: limits.bytes), at: offset)
        }
        textBytes &-= bytes
    }
}
