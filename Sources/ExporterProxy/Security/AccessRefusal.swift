/// What somebody is answered who is not let in. Never says whether a user exists.
enum AccessRefusal {
    static func unauthorized(_ outcome: AccessOutcome, takesPasswords: Bool, takesTokens: Bool) -> HTTPResponse {
        var challenges: [(name: String, value: String)] = []
        if takesPasswords || !takesTokens {
            challenges.append(("WWW-Authenticate", "Basic realm=\"\(Version.name)\", charset=\"UTF-8\""))
        }
        if takesTokens { challenges.append(("WWW-Authenticate", "Bearer realm=\"\(Version.name)\"")) }
        return .refusal(.unauthorized, "401 \(sentence(outcome, takesPasswords, takesTokens))", headers: challenges)
    }

    private static func sentence(_ outcome: AccessOutcome, _ takesPasswords: Bool, _ takesTokens: Bool) -> String {
        switch outcome {
        case .wrong: "the user name, the password or the token is wrong"
        case .malformed: "the Authorization header is neither 'Basic' nor 'Bearer' with one word behind it"
        default:
            takesPasswords && takesTokens
                ? "this needs a user name and a password, or a token"
                : takesTokens ? "this needs a token" : "this needs a user name and a password"
        }
    }

    static func forbidden(_ reason: String) -> HTTPResponse { .refusal(.forbidden, "403 \(reason)") }

    static let crossSite = HTTPResponse.refusal(
        .forbidden, "403 a page of another site may not do this: send no Origin header, or that of this address")

    static let busy = HTTPResponse.refusal(
        .serviceUnavailable, "503 too many passwords are being checked: come back in a moment",
        headers: [("Retry-After", "1")])

    static func rateLimited(_ wait: Duration) -> HTTPResponse {
        .refusal(
            .tooManyRequests, "429 more requests than web.config_file allows: come back later",
            headers: [("Retry-After", "\(max(1, Int(wait.seconds.rounded(.up))))")])
    }
}
