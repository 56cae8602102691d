/// Which messages a receiver takes.
package enum ReceiverFormat: String, CaseIterable, Sendable {
    case auto, json, capnp
}
