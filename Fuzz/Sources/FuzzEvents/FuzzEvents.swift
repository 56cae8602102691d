import Exposition
import FuzzDriver
import NIOCore

@testable import ExporterProxy

/// Feeds datagrams to metrics that remember and to metrics that do not, and stops the process where the two disagree,
/// or where their page is not canonical; cuts streams of lines; and reads definitions and saved values.
///
/// The first byte of an input says what the rest is: a definition file, a saved part, a stream that is cut at bytes
/// 0xFE, or datagrams between them.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let rest = input.dropFirst()
    switch first {
    case 1: readFile(rest)
    case 2: restore(Array(rest))
    case 3: cut(rest.dropFirst(), bytesMax: [16, 32, 128, 4096][Int((rest.first ?? 0) & 3)])
    default: take(rest.split(separator: 0xFE, maxSplits: 200, omittingEmptySubsequences: false))
    }
}

private let now = Moment(wall: Timestamp(nanoseconds: 1_795_229_735_156_571_713), monotonic: 5_000_000_000_000)

private func settings() -> EventSettings {
    var settings = EventSettings(
        EventDefinitions([
            EventDefinition(.counter, "c", labels: ["a"]), EventDefinition(.gauge, "g", labels: ["a", "b"]),
            EventDefinition(.histogram, "h", buckets: [1, 2]), EventDefinition(.summary, "s", objectives: [0.5]),
            EventDefinition(.counter, "p"),
        ]))
    settings.autoDeclare = true
    settings.seriesMax = 10
    settings.declaredMax = 3
    return settings
}

private func take(_ datagrams: [Slice<UnsafeRawBufferPointer>.SubSequence]) {
    var (with, without) = (EventMetrics(settings()), EventMetrics(settings(), remembers: false))
    var time = now.monotonic
    for datagram in datagrams + datagrams {
        time &+= 1_000_000_000
        let (a, b) = withExactCopy(datagram) { bytes in
            var tallies = (EventTally(), EventTally())
            with.take(bytes, at: time, into: &tallies.0)
            without.take(bytes, at: time, into: &tallies.1)
            return tallies
        }
        require(a.accepted == b.accepted && a.refused == b.refused && a.first == b.first, shown(datagram))
        require(a.accepted + a.refusals > 0, "neither taken nor refused: \(shown(datagram))")
        require((a.first == nil) == (a.refusals == 0) && a.first?.description.isEmpty != true, shown(datagram))
    }
    check(&with, &without, at: time, datagrams.first.map(shown) ?? "")
}

private func check(_ with: inout EventMetrics, _ without: inout EventMetrics, at time: Int64, _ message: String) {
    let page = with.page(at: time).text
    require(page == without.page(at: time).text, "pages differ: \(message)")
    let index = page.withUnsafeReadableBytes { CanonicalText.index($0, limits: .none) }
    require(page.readableBytes == 0 || index != nil, "not canonical: \(shown(page.readableBytesView))")
    let moment = Moment(wall: now.wall, monotonic: time)
    var restored = EventMetrics(settings())
    for part in with.changedParts(at: moment).compactMap(\.part) {
        do throws(RecordError) { try restored.restore(part, at: moment) } catch {
            require(false, "a part of ours is refused: \(error)")
        }
    }
    // Declared metrics may be other ones, where not all have room; those of the settings are there.
    require(restored.seriesCount == with.seriesCount, "series are lost: \(message)")
}

// MARK: Streams

/// What became of a stream.
private struct Outcome: Equatable {
    var accepted = 0
    var refused: [EventRefusal.Reason: Int] = [:]
    var page: ByteBuffer?

    init(_ take: (inout EventMetrics, inout EventTally) -> Void) {
        var (metrics, tally) = (EventMetrics(settings()), EventTally())
        take(&metrics, &tally)
        accepted = tally.accepted
        refused = tally.refused.mapValues(\.count)
        page = metrics.page(at: now.monotonic).text
    }
}

/// However the stream comes, it is the same as its lines one by one.
private func cut(_ input: Slice<UnsafeRawBufferPointer>, bytesMax: Int) {
    let stream = input.filter { $0 != 0xFE }
    let single = Outcome { takeSingly(stream, bytesMax: bytesMax, &$0, &$1) }
    let parts = input.split(separator: 0xFE).flatMap { pieces(of: Array($0), bytesMax: bytesMax) }
    for parts in [parts, pieces(of: stream, bytesMax: bytesMax)] {
        let outcome = Outcome { takeParts(parts, bytesMax: bytesMax, &$0, &$1) }
        require(outcome == single, "\(outcome), line by line \(single): \(parts.map(shown)), at most \(bytesMax)")
    }
}

/// As large as they may be.
private func pieces(of bytes: [UInt8], bytesMax: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: bytesMax).map { Array(bytes[$0..<min($0 + bytesMax, bytes.count)]) }
}

private func takeParts(
    _ parts: [[UInt8]], bytesMax: Int, _ metrics: inout EventMetrics, _ tally: inout EventTally
) {
    var lines = EventLines(bytesMax: bytesMax)
    func take(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return tally.refuse(.tooLong) }
        require(!bytes.isEmpty, "no line at all")
        metrics.take(lines: bytes, at: now.monotonic, into: &tally)
    }
    for part in parts { withExactCopy(part) { lines.take($0, take) } }
    lines.finish(take)
}

private func takeSingly(
    _ stream: [UInt8], bytesMax: Int, _ metrics: inout EventMetrics, _ tally: inout EventTally
) {
    var lines = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // Behind the last line feed there is no line.
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines {
        if line.count > bytesMax {
            tally.refuse(.tooLong)
        } else {
            withExactCopy(line) { metrics.take($0, at: now.monotonic, into: &tally) }
        }
    }
}

// MARK: Files

private func readFile(_ rest: Slice<UnsafeRawBufferPointer>) {
    let file = withExactCopy(rest) { HermesFile($0) }
    let definitions = file.definitions
    let metrics = EventMetrics(EventSettings(definitions))
    require(metrics.families.count == definitions.usable.count, "a usable definition is not used")
    for problem in file.problems + file.warnings + definitions.problems {
        require(!problem.reason.isEmpty, "a problem without words")
    }
}

private func restore(_ bytes: [UInt8]) {
    var metrics = EventMetrics(settings())
    do throws(RecordError) { try metrics.restore(ByteBuffer(bytes: bytes), at: now) } catch {
        require(metrics.seriesCount == 0, "taken in parts")
    }
    let page = metrics.page(at: now.monotonic).text
    let index = page.withUnsafeReadableBytes { CanonicalText.index($0, limits: .none) }
    require(page.readableBytes == 0 || index != nil, "not canonical: \(shown(page.readableBytesView))")
    _ = metrics.changedParts(at: now)
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzEvents_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
