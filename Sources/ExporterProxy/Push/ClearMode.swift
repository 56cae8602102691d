/// What a pushed value does to the one that is there: the word of the `clearmode` label.
package struct ClearMode: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        /// The newest holds, written as it was sent.
        case replace
        case sum, mean, min, max
        /// The newest holds, as a number; with a window, for as long as the window is.
        case last
        /// Of 0 to 1; the median is 0.5.
        case quantile(Double)
    }

    package var operation: Operation
    /// Of pushes as old as this and older nothing is left; `nil` where pushes never age.
    package var window: Duration?

    package init(_ operation: Operation, window: Duration? = nil) {
        self.operation = operation
        self.window = window
    }

    package static let replace = ClearMode(.replace)
    package static let sum = ClearMode(.sum)
}
