import CLinux

/// The C library's allocator, as this program uses it.
package enum Allocator {
    /// A page that is made anew frees the one before: memory that went back to the system in between would have to
    /// be cleared again, which costs as much as making the page (docs/performance.md, 2026-11-21).
    package static func keepMemoryAtHand() {
        mallopt(M_TRIM_THRESHOLD, 32 << 20)
        mallopt(M_MMAP_THRESHOLD, 4 << 20)
    }
}
