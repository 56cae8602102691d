import Synchronization

/// The level and the format of all loggers of a daemon; a change holds from the next line on.
package final class LogSettings: Sendable {
    // One lock, held for a copy.
    private let current: Mutex<LogConfiguration>

    package init(_ configuration: LogConfiguration) { current = Mutex(configuration) }

    package var configuration: LogConfiguration {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}
