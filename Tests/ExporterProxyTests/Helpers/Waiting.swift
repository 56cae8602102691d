import Glibc
import Testing

/// Lets others run until `condition` holds, which must be soon; records an issue where it does not within twenty
/// seconds. For what has no end that could be read from a socket; must be called on a thread of the test's own.
func wait(
    until what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) {
    let deadline = ContinuousClock.now + .seconds(20)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        // Yielding alone would take the processor from those who are waited for.
        usleep(500)
    }
}
