import Testing

@testable import ExporterProxy

struct EventRoomTests {
    private static func take(_ room: EventRoom, _ text: String, at time: ManualTime) -> EventTally {
        Array(text.utf8).withExactBytes { room.take($0, at: time.source()) }
    }

    private let packet = #"{"metric_name":"plain_total"}"#

    @Test func packets_AreOnTheNextPage() throws {
        let (store, time) = (SnapshotStore(), ManualTime())
        let room = EventRoom(
            EventSettings(EventDefinitions(EventDefinition.examples)), store: store, address: "0.0.0.0:7789")
        let merged = MergedExposition(store: store, threads: .singleton, time: time.source, live: [room])
        #expect(try merged.page(.identity).text.isEmpty)
        for count in 1...3 {
            #expect(Self.take(room, packet, at: time).text == "1 accepted")
            #expect(try merged.page(.identity).text == "# TYPE plain_total counter\nplain_total \(count)\n")
        }
        #expect(Self.take(room, "{", at: time).text == "0 accepted, malformed: 1")
        #expect(store.entry(of: "events")?.snapshot?.origin.address == "0.0.0.0:7789")
        time.advance(by: .seconds(4000))
        #expect(store.entry(of: "events")?.isStale(at: time.source(), after: .seconds(300)) == false)
    }

    @Test func pages_AreMadeOnlyWhereSomethingHasChanged() throws {
        let (store, time) = (SnapshotStore(), ManualTime())
        let room = EventRoom(EventSettings(EventDefinitions(EventDefinition.examples)), store: store, address: "")
        _ = Self.take(room, packet, at: time)
        let generation = store.generation
        _ = Self.take(room, packet, at: time)
        #expect(store.generation == generation)
        #expect(room.refresh(at: time.source()) == nil)
        _ = Self.take(room, "nope", at: time)
        #expect(store.generation == generation)
        _ = Self.take(room, packet, at: time)
        #expect(store.generation == generation + 1)
    }

    @Test func pageWithQuantiles_HoldsForSoLong() throws {
        var definitions = EventDefinition.examples
        let (store, time) = (SnapshotStore(), ManualTime())
        definitions[3].objectives = [0.5]
        let room = EventRoom(EventSettings(EventDefinitions(definitions)), store: store, address: "")
        let merged = MergedExposition(store: store, threads: .singleton, time: time.source, live: [room])
        let observation = #"{"metric_name":"sample_summary","payload":{"labels":{"label_1":"a"},"observation":1}}"#
        #expect(Self.take(room, observation, at: time).accepted == 1)
        #expect(try !merged.page(.identity).text.contains("NaN"))
        time.advance(by: .seconds(601))
        #expect(try merged.page(.identity).text.contains(#"sample_summary{label_1="a",quantile="0.5"} NaN"#))
    }

    @Test func source_GoesWithItsLastSeries() throws {
        var definitions = EventDefinition.examples
        for place in definitions.indices { definitions[place].expireAfter = .seconds(5) }
        let (store, time) = (SnapshotStore(), ManualTime())
        let room = EventRoom(EventSettings(EventDefinitions(definitions)), store: store, address: "")
        _ = Self.take(room, packet, at: time)
        _ = room.refresh(at: time.source())
        #expect(store.count == 1 && room.seriesCount == 1)
        time.advance(by: .seconds(5))
        #expect(room.expire(at: time.source()) == 1 && room.expire(at: time.source()) == 0)
        _ = room.refresh(at: time.source())
        #expect(store.count == 0 && room.seriesCount == 0)
    }

    @Test func manyDatagrams_AreTakenAtOnce() throws {
        let (store, time) = (SnapshotStore(), ManualTime())
        let room = EventRoom(EventSettings(EventDefinitions(EventDefinition.examples)), store: store, address: "")
        let datagrams = [packet, "", "[\(packet),\(packet)]"].map { Array($0.utf8) }
        let all = datagrams.flatMap { $0 }
        let tally = all.withExactBytes { bytes in
            room.take(3, at: time.source()) { number in
                let start = datagrams[..<number].reduce(0) { $0 + $1.count }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<start + datagrams[number].count])
            }
        }
        #expect(tally.text == "3 accepted, empty: 1")
        #expect(tally.first == .empty)
    }

    @Test func values_OutliveTheProcess() throws {
        let (store, time) = (SnapshotStore(), ManualTime())
        let settings = EventSettings(EventDefinitions(EventDefinition.examples))
        let room = EventRoom(settings, store: store, address: "")
        _ = Self.take(room, packet, at: time)
        let parts = room.changedParts(at: time.source())
        #expect(parts.map(\.key) == ["events plain_total"] && parts.allSatisfy { room.owns($0.key) })
        #expect(!room.owns("push bases"))
        let next = EventRoom(settings, store: store, address: "")
        for (key, part) in parts {
            if let part { try next.restore(part, under: key, at: time.source()) }
        }
        _ = Self.take(next, packet, at: time)
        _ = next.refresh(at: time.source())
        #expect(store.entry(of: "events")?.snapshot?.body.text == "# TYPE plain_total counter\nplain_total 2\n")
    }
}
