import NIOCore
import NIOHTTP1

/// What becomes of a connection whose request was answered with 101: it speaks HTTP no more.
package struct HTTPUpgrade: Sendable {
    /// Gets the stream, on its event loop; `nil` where the client has gone before there was one, or the connection is
    /// to end. Called once.
    package var begin: @Sendable (UpgradedStream?) -> Void
}

extension HTTPResponse {
    /// Switches to `name`, where ``HTTPRequest/refusalOfUpgrade(to:)`` has nothing against it. What the client has sent
    /// behind its request is not lost.
    package static func upgrade(
        to name: String, begin: @escaping @Sendable (UpgradedStream?) -> Void
    ) -> HTTPResponse {
        var response = HTTPResponse(.switchingProtocols, headers: [("Upgrade", name)])
        response.upgrade = HTTPUpgrade(begin: begin)
        return response
    }
}

extension HTTPRequest {
    /// Why this request cannot be answered with 101; `nil` where it can (RFC 9110, 7.8).
    package func refusalOfUpgrade(to name: String) -> HTTPResponse? {
        guard method == .GET, version == .http1_1, lists("connection", "upgrade"), lists("upgrade", name) else {
            return .refusal(
                .upgradeRequired, "426 only for who upgrades to \(name), with HTTP/1.1",
                headers: [("Upgrade", name)])
        }
        // Where the new protocol begins must be beyond doubt.
        guard !headers.contains(name: "transfer-encoding"), headers["content-length"].allSatisfy({ $0 == "0" }) else {
            return .refusal(.badRequest, "400 a request that upgrades has no body")
        }
        return nil
    }

    private func lists(_ header: String, _ word: String) -> Bool {
        headers[canonicalForm: header].contains { $0.lowercased() == word }
    }
}
