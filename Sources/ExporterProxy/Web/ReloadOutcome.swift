/// What became of a `POST /-/reload`.
package enum ReloadOutcome: Equatable, Sendable {
    /// `web.enable_lifecycle` is false.
    case switchedOff
    /// The new configuration holds, but for the keys that need a restart.
    case done(needRestart: [String])
    /// The old configuration holds; one line for each problem.
    case failed([String])

    var response: HTTPResponse {
        switch self {
        case .switchedOff:
            .refusal(.forbidden, "403 reloading over HTTP is off: set web.enable_lifecycle = true, or send SIGHUP")
        case .done(needRestart: []): .text(.ok, "configuration reloaded\n")
        case .done(let keys):
            .text(.ok, "configuration reloaded; needs a restart: \(keys.joined(separator: ", "))\n")
        case .failed(let problems):
            .text(.internalServerError, problems.map { $0 + "\n" }.joined())
        }
    }
}
