import Exposition
import Synchronization

/// What configuration says of the push door, as it holds now.
package final class PushSettings: Sendable {
    package struct Values: Sendable {
        package var push: PushConfiguration
        /// Of one push.
        package var limits: ExpositionLimits

        package init(_ push: PushConfiguration, _ exposition: ExpositionLimits) {
            self.push = push
            limits = push.limits(within: exposition)
        }
    }

    // Held for a copy.
    private let values: Mutex<Values>

    package init(_ values: Values) { self.values = Mutex(values) }

    package var current: Values {
        get { values.withLock { $0 } }
        set { values.withLock { $0 = newValue } }
    }
}
