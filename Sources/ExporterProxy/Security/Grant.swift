/// Something that users are allowed to do, as configuration names it.
package enum AccessRole: String, CaseIterable, Sendable, Hashable {
    case push, scrape, admin
}

/// Somebody whom we know, and what he may do.
struct Grant: Equatable, Sendable {
    /// As messages name him: `user 'ci'`, `token 'deploy'`.
    var name: String
    var roles: Set<AccessRole>
    /// Jobs that he may push to; `nil` for every one.
    var jobs: [NamePattern]?

    /// Why he may not; `nil` where he may.
    func refusal(of right: HTTPRight) -> String? {
        if let role = right.role, !roles.contains(role) { return "\(name) has not the role '\(role.rawValue)'" }
        guard case .push(let job) = right, let jobs else { return nil }
        guard let job else {
            return jobs.contains { $0.text == "*" }
                ? nil : "\(name) may push to some jobs only, and the path names none"
        }
        if jobs.contains(where: { $0.matches(job) }) { return nil }
        return "\(name) may not push to the job '\(EscapedText.visible(job))'"
    }
}

extension HTTPRight {
    /// `nil` where it is enough to be known.
    var role: AccessRole? {
        switch self {
        case .open, .health: nil
        case .scrape: .scrape
        case .push: .push
        case .admin: .admin
        }
    }
}
