// The thread sanitizer does not see into Synchronization's Mutex: a program that shares nothing but one contended Mutex
// is reported (Swift 6.3.1). So `make tsan` builds with this one, of the same shape over a pthread lock that it knows.
#if THREAD_SANITIZER
    import NIOConcurrencyHelpers

    package struct Mutex<Value: Sendable>: Sendable {
        private let box: NIOLockedValueBox<Value>

        package init(_ value: Value) { box = NIOLockedValueBox(value) }

        package func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
            try box.withLockedValue(body)
        }
    }
#endif
