import Glibc
import Synchronization

/// How many descriptors the receivers may hold together, so that the window always has some left.
///
/// One atomic count; taken at accept, given back at close.
package final class DescriptorBudget: Sendable {
    private let left: Atomic<Int>
    private let total: Atomic<Int>

    package init(_ count: Int) {
        left = Atomic(count)
        total = Atomic(count)
    }

    /// What is left of `available` after `reserved` descriptors for everything else, but half of it at least.
    package static func count(of available: Int, reserving reserved: Int) -> Int {
        max(4, available - min(reserved, available / 2))
    }

    /// From now on there are `count` in all; where more are taken already, none is given until they are back.
    package func resize(to count: Int) {
        left.add(count - total.exchange(count, ordering: .relaxed), ordering: .relaxed)
    }

    /// How many descriptors this process may still open, after its soft limit has been raised to the hard one.
    package static func available() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return max(8, Int(clamping: limit.rlim_cur) - openCount())
    }

    /// Also those that whoever started the process left open in it.
    private static func openCount() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 16 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    package func take() -> Bool {
        if left.subtract(1, ordering: .relaxed).newValue >= 0 { return true }
        giveBack()
        return false
    }

    package func giveBack() { left.add(1, ordering: .relaxed) }
}
