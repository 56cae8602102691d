import Glibc
import Synchronization

/// How many descriptors the receivers may hold together, so that the window always has some left.
///
/// One atomic count; taken at accept, given back at close.
package final class DescriptorBudget: Sendable {
    private let left: Atomic<Int>

    package init(_ count: Int) { left = Atomic(count) }

    /// What the process limit leaves after `reserved` descriptors for everything else, but half of all at least.
    package convenience init(reserving reserved: Int) {
        let all = Self.processLimit()
        self.init(max(4, all - min(reserved, all / 2)))
    }

    /// How many descriptors this process may have, after its soft limit has been raised to the hard one.
    package static func processLimit() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    package func take() -> Bool {
        if left.subtract(1, ordering: .relaxed).newValue >= 0 { return true }
        giveBack()
        return false
    }

    package func giveBack() { left.add(1, ordering: .relaxed) }
}
