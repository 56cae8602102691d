import CLinux
import Glibc
import Synchronization

/// Ends the waiting of a thread that sits in a ``ReadinessQueue``, from any other thread.
package final class WakeUp: Sendable {
    package let descriptor: OwnedDescriptor
    private let requested = Atomic(false)

    package init() throws(SystemError) {
        let raw = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard raw >= 0 else { throw SystemError("make an event descriptor") }
        descriptor = OwnedDescriptor(raw)
    }

    /// Asks the thread to stop. Asking twice is asking once.
    package func requestStop() {
        requested.store(true, ordering: .releasing)
        wake()
    }

    /// Makes the descriptor readable, until it is cleared.
    package func wake() {
        var one: UInt64 = 1
        _ = write(descriptor.raw, &one, 8)
    }

    package func clear() {
        var count: UInt64 = 0
        _ = read(descriptor.raw, &count, 8)
    }

    package var stopIsRequested: Bool { requested.load(ordering: .acquiring) }
}
