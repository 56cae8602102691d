import CLinux
import Glibc

/// What the kernel lets another process take.
package enum ResourceLimits {
    /// From now on, and of all that it starts: no more than so much memory of its own, and no core files.
    ///
    /// What is shared or only reserved counts in the address space alone, which may be four times as large.
    package static func limitMemory(of process: pid_t, bytes: Int) {
        let bytes = rlim_t(clamping: bytes)
        let (addressSpace, isTooMuch) = bytes.multipliedReportingOverflow(by: 4)
        set(RLIMIT_DATA, of: process, to: bytes)
        set(RLIMIT_AS, of: process, to: isTooMuch ? .max : addressSpace)
        set(RLIMIT_CORE, of: process, to: 0)
    }

    /// A process that has ended, or is no longer ours, stays as it is.
    private static func set(_ kind: __rlimit_resource, of process: pid_t, to most: rlim_t) {
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        _ = prlimit(process, Int32(kind.rawValue), &limit, nil)
    }
}
