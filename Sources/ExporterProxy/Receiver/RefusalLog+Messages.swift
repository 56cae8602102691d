import Logging

extension RefusalLog {
    mutating func refused(
        _ error: ReceiverError, app: String?, descriptor: Int32, _ door: ReceiverDoor, at now: Moment
    ) {
        guard var metadata = note(door: door.name, reason: error.reason, at: now) else { return }
        metadata["peer"] = "\(PeerCredentials.describe(descriptor, isUnix: door.isUnix))"
        metadata["error"] = "\(error)"
        if let app { metadata["app"] = "\(EscapedText.visible(app))" }
        if let offset = error.offset { metadata["offset"] = "\(offset)" }
        logger.warning("message refused, connection closed", metadata: metadata)
    }

    mutating func acceptFailed(_ code: Int32, door: String, at now: Moment) {
        guard var metadata = note(door: door, reason: "accept", at: now) else { return }
        metadata["error"] = "\(SystemError.sentence(code))"
        logger.error("cannot accept a connection; clients wait", metadata: metadata)
    }
}
