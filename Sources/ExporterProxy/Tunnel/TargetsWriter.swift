import Synchronization

/// The file of aliases, for several threads: one writes at a time, and no list takes the place of a later one.
final class TargetsWriter: Sendable {
    let path: String
    // Held while the disk is waited for: a write at the end waits for the one before.
    private let lastWritten = Mutex(0)

    init(_ path: String) { self.path = path }

    /// Blocks. `number` is larger for a later list.
    func write(_ targets: [AliasTarget], number: Int) -> Result<Void, SystemError> {
        lastWritten.withLock { last in
            guard number > last else { return .success(()) }
            return Result { () throws(SystemError) in
                try TargetsFile.write(targets, to: path)
                last = number
            }
        }
    }
}
