import FuzzDriver
import NIOCore

@testable import ExporterProxy

/// Feeds a receiver's way from bytes to submissions, in parts and at once, and stops the process where the two
/// disagree; the sanitizer stops it where a scanner leaves its bounds.
///
/// The first byte of an input chooses how it is cut; the rest is what a client sends.
private func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return }
    // A copy of exactly this size, so that a read behind the end is found.
    let message = Array(bytes.dropFirst())
    let atOnce = Outcome.of(message, partBytes: max(1, message.count))
    let inParts = Outcome.of(message, partBytes: Int(first % 64) + 1)
    precondition(atOnce == inParts, "at once \(atOnce), in parts \(inParts)")
}

/// What a connection came to.
private struct Outcome: Equatable {
    var submissions: [Submission] = []
    /// Not why: what comes in parts is judged when it is whole, or has ended too early.
    var isRefused = false

    static let bytesMax = 1 << 16

    static func of(_ bytes: [UInt8], partBytes: Int) -> Outcome {
        var outcome = Outcome()
        var framer = MessageFramer(accepting: .auto, bytesMax: bytesMax)
        var pending: [UInt8] = []
        var sent = 0
        repeat {
            let part = bytes[sent..<min(bytes.count, sent + partBytes)]
            sent += part.count
            pending += part
            if outcome.take(&pending, &framer, ended: sent == bytes.count) { break }
        } while sent < bytes.count
        return outcome
    }

    /// Whether the connection is over.
    mutating func take(_ pending: inout [UInt8], _ framer: inout MessageFramer, ended: Bool) -> Bool {
        while true {
            let step = pending.withUnsafeBytes { framer.next($0, ended: ended) }
            switch step {
            case .needMore: return false
            case .end: return true
            case .drop(let count): pending.removeFirst(count)
            case .refuse(let error): return refuse(error)
            case .capnp(let count):
                let outcome = Array(pending.prefix(count)).withUnsafeBytes(CapnpCodec.decode)
                if store(outcome) { return true }
                pending.removeFirst(count)
                framer.messageWasTaken()
            case .packedCapnp(let count):
                if store(framer.packedMessage.withUnsafeReadableBytes(CapnpCodec.decode)) { return true }
                pending.removeFirst(count)
                framer.messageWasTaken()
            case .json(let count):
                if takeJSON(count, &pending, &framer) { return true }
            }
        }
    }

    private mutating func takeJSON(_ count: Int?, _ pending: inout [UInt8], _ framer: inout MessageFramer) -> Bool {
        var found: [Submission] = []
        var scratch = ByteBuffer()
        let document = Array(pending.prefix(count ?? pending.count))
        let outcome = document.withUnsafeBytes { JSONCodec.decode($0, scratch: &scratch, submissions: &found) }
        switch outcome {
        case .refused(let error, _): return refuse(error)
        case .incomplete where count == nil: framer.jsonWasIncomplete()
        case .incomplete: return refuse(.json(offset: document.count, "brackets do not match"))
        case .whole(let taken):
            precondition(taken <= document.count, "more was taken than there was")
            submissions += found
            pending.removeFirst(taken)
            framer.messageWasTaken()
        }
        return false
    }

    private mutating func store(_ outcome: CapnpCodec.Outcome) -> Bool {
        switch outcome {
        case .refused(let error, _): return refuse(error)
        case .whole(let submission): submissions.append(submission)
        }
        return false
    }

    private mutating func refuse(_ error: ReceiverError) -> Bool {
        precondition(!error.description.isEmpty, "a refusal without a reason")
        isRefused = true
        return true
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzMessages_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(start, count)
        return 0
    }
}
