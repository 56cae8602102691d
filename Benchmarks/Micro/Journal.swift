import ExporterProxy
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

/// Puts every record into one part, so that the journal can be shortened.
private final class LastRecord: JournalKeeper {
    private let last = NIOLockedValueBox<(record: ByteBuffer, number: UInt64)>((ByteBuffer(), 0))

    func restore(_ part: ByteBuffer, under key: String, at now: Moment) {}

    func replay(_ record: ByteBuffer, number: UInt64, at now: Moment) {}

    func apply(_ record: ByteBuffer, _ number: UInt64) {
        last.withLockedValue { if number > $0.number { $0 = (record, number) } }
    }

    func changedParts() -> (parts: [(key: String, part: ByteBuffer?)], through: UInt64) {
        let (record, number) = last.withLockedValue { $0 }
        return ([("last", record)], number)
    }
}

/// What it costs to have a record of `bytes` written, while `waiting` of them are under way at any time.
func measureJournal(bytes: Int, waiting: Int, ack: Journal.Ack, count: Int) async throws {
    var template = Array("/var/tmp/exporter-proxy-bench-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template).map({ String(cString: $0) }) else { return }
    defer {
        for name in ["lock", "state.sqlite", "state.sqlite-wal"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
    var configuration = Persistence.Configuration()
    configuration.path = folder
    configuration.ack = ack
    let keeper = LastRecord()
    let opened = try await Persistence.open(
        configuration,
        parts: .init(
            store: SnapshotStore(), reserved: ReservedNames(), keeper: keeper, registry: InstrumentRegistry(),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, time: Moment.now))
    guard let journal = opened?.journal else { return }
    let record = ByteBuffer(repeating: 0x41, count: bytes)
    let start = (cpuNanoseconds(), ContinuousClock.now)
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<waiting {
            group.addTask {
                for _ in 0..<count / waiting {
                    await withCheckedContinuation { continuation in
                        let number = NIOLockedValueBox<UInt64>(0)
                        number.withLockedValue { value in
                            value = journal.append(record) { _ in
                                keeper.apply(record, number.withLockedValue { $0 })
                                continuation.resume()
                            }
                        }
                    }
                }
            }
        }
    }
    let cpu = rounded((cpuNanoseconds() - start.0) / Double(count) / 1000, 1)
    let wall = rounded((ContinuousClock.now - start.1) / .microseconds(1) / Double(count), 1)
    let name = "journal \(ack.rawValue): \(bytes) B, \(waiting) at a time"
    print("\(name.padded(46)) \("\(cpu) us".padded(14)) \(wall) us apart")
}
