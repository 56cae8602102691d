/// How one target is polled; where two are equal, there is no reason to disturb the polling.
struct PollPlan: Equatable, Sendable {
    var target: HTTPTarget.Configuration
    var followsRedirects: Bool
    var bodyBytesMax: Int
}

extension Poller.Configuration {
    /// By the name of the target, which no two have.
    var plans: [String: PollPlan] {
        let plans = targets.map { target in
            PollPlan(target: target, followsRedirects: followsRedirects, bodyBytesMax: bodyBytesMax)
        }
        return Dictionary(plans.map { ($0.target.name, $0) }) { $1 }
    }
}

/// What is to end and to begin so that `new` is polled where `old` was.
struct PollChanges: Equatable {
    /// Names, in order: targets that are polled no more, or otherwise.
    var ending: [String]
    /// Names, in order: those that are polled no more.
    var removed: [String]
    /// In order of name: targets that are polled from now on, or otherwise.
    var beginning: [PollPlan]
    /// Names, in order: those that were not polled before.
    var added: [String]

    init(from old: [String: PollPlan], to new: [String: PollPlan]) {
        ending = old.filter { new[$0.key] != $0.value }.map(\.key).sorted()
        removed = ending.filter { new[$0] == nil }
        beginning = new.filter { old[$0.key] != $0.value }.map(\.value).sorted { $0.target.name < $1.target.name }
        added = beginning.map(\.target.name).filter { old[$0] == nil }
    }
}
