import NIOCore

/// Who has a state that is saved now and then, in parts, without records of what came in between.
///
/// After a restart it is given the parts that were written last. All calls come from the writer's thread, one at a
/// time; those of ``restore(_:under:at:)`` before any door is open. What it throws costs that part only.
package protocol PartKeeper: Sendable {
    /// Whether a part on disk is one of its own; keys of others do not begin like its own.
    func owns(_ key: String) -> Bool

    func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws

    /// The parts that differ from those it has said before; `nil` where there is no such part any more.
    ///
    /// What is said counts as said, also where writing it fails: it is then written later.
    func changedParts(at now: Moment) -> [(key: String, part: ByteBuffer?)]
}
