import NIOCore

/// What a codec makes of a message: one app's exposition, which replaces the app's last one.
package struct Submission: Equatable, Sendable {
    package var app: String
    /// Already as the store wants it: see ``ExpositionBody``.
    package var body: ByteBuffer
}
