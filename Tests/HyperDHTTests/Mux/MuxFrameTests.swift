import TestSupport
import Testing

@testable import HyperDHT

struct MuxFrameTests {
    /// By the names of the vectors, which say what is in them.
    static let expected: [String: MuxFrame] = [
        "open localId=1 protocol=prometheus-metrics id=null":
            .open(channel: 1, name: ChannelName("prometheus-metrics"), handshake: []),
        "open localId=2 protocol=register-alias id=0102":
            .open(channel: 2, name: ChannelName("register-alias", id: [1, 2]), handshake: []),
        "channel 1 message type 0 payload aabb": .data(channel: 1, type: 0, body: [0xAA, 0xBB]),
        "channel 2 message type 1 string hey": .data(channel: 2, type: 1, body: [3, 0x68, 0x65, 0x79]),
        "batch: ch1/type0 01, ch1/type1 0203, ch2/type1 string x": .batch([
            .data(channel: 1, type: 0, body: [1]), .data(channel: 1, type: 1, body: [2, 3]),
            .data(channel: 2, type: 1, body: [1, 0x78]),
        ]),
        "close localId=1": .close(channel: 1),
        "reject of remote open localId=1 protocol=foo id=null": .reject(channel: 1),
    ]

    @Test(.needsConformanceCases) func frames_AreTheReferences() throws {
        for entry in try Vectors.list("protomux") {
            let (name, bytes) = (try entry["name"].text, try entry["hex"].bytes)
            #expect(try MuxFrame(bytes[...]) == Self.expected[name], "\(name)")
            #expect(try MuxFrame(bytes[...]).bytes == bytes, "\(name)")
        }
    }

    @Test func controlFramesInABatch_StandWithoutTheirChannel() throws {
        let batch = MuxFrame.batch([
            .open(channel: 3, name: ChannelName("p"), handshake: [9]), .data(channel: 3, type: 0, body: [1]),
            .close(channel: 3),
        ])
        let bytes = try [UInt8](hex: "000000" + "0601030170" + "0009" + "0003" + "020001" + "0000" + "020303")
        #expect(batch.bytes == bytes)
        #expect(try MuxFrame(bytes[...]) == batch)
    }

    @Test func lastItem_EndsTheBatch() throws {
        #expect(try MuxFrame([0, 0, 1]) == .batch([]))
        // The number of the next channel, and nothing of it.
        #expect(try MuxFrame([0, 0, 1, 2, 0, 7, 0, 2]) == .batch([.data(channel: 1, type: 0, body: [7])]))
    }

    @Test(arguments: [
        ("", MuxError.malformed(.truncated)), ("01", .malformed(.truncated)), ("00", .malformed(.truncated)),
        ("0001", .malformed(.truncated)), ("00010102", .malformed(.truncated)), ("0000010500", .malformed(.truncated)),
        ("00000100", .malformed(.truncated)),
        ("00000003000001", .outOfOrder("a batch within a batch")),
        ("0003ff000000000100000000", .malformed(.tooLong(length: 1 << 32, max: 1 << 32 - 1))),
        ("000101fd0104", .malformed(.tooLong(length: 1025, max: 1024))),
    ])
    func badFrame_IsRefused(hex: String, error: MuxError) throws {
        let bytes = try [UInt8](hex: hex)
        #expect(throws: error) { try MuxFrame(bytes[...]) }
    }

    @Test func longerFormOfANumber_IsRead() throws {
        #expect(try MuxFrame([0, 3, 0xFE, 5, 0, 0, 0]) == .close(channel: 5))
        #expect(try MuxFrame([0xFD, 0, 0, 0, 1, 2, 3, 9]) == .batch([.data(channel: 1, type: 3, body: [9])]))
    }

    @Test func unknownControlFrame_IsForLaterVersions() throws {
        #expect(try MuxFrame([0, 9, 1, 2]) == .unknown(type: 9))
    }

    @Test func tooManyItems_AreRefused() throws {
        var limits = MuxFrame.Limits()
        limits.itemsMax = 3
        let items = (0..<4).map { MuxFrame.data(channel: 1, type: 0, body: [UInt8($0)]) }
        #expect(throws: Never.self) { try MuxFrame(MuxFrame.batch(Array(items.prefix(3))).bytes[...], limits: limits) }
        #expect(throws: MuxError.tooManyItems(max: 3)) {
            try MuxFrame(MuxFrame.batch(items).bytes[...], limits: limits)
        }
    }

    @Test func damagedFrames_ThrowOrAnswer() throws {
        throwsOrAnswers(Self.expected.values.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }) { bytes in
            let frame = try MuxFrame(bytes[...])
            if case .unknown = frame { return }
            // What has another name for a bad byte of text is longer than it was.
            if let again = try? MuxFrame(frame.bytes[...]), again != frame {
                Issue.record("\(Hex.text(of: bytes)) reads as \(frame), then as \(again)")
            }
        }
    }
}
