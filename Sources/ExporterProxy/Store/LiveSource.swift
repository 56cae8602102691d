/// A room that holds more than the table does, and writes it out only when somebody looks.
///
/// It calls ``SnapshotStore/touch()`` when something has changed, and puts the change into the table when it is asked.
package protocol LiveSource: Sendable {
    /// Puts what has changed into the table by ``SnapshotStore/refresh(_:)``; on a thread that may wait.
    ///
    /// Answers until when that holds if nothing else comes; `nil` for ever.
    func refresh(at now: Moment) -> Moment?
}
