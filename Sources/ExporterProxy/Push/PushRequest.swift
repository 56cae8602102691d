/// What a push says of itself outside its body.
struct PushRequest {
    /// What the method and the path ask for.
    enum Manner: Equatable {
        /// POST, or PUT, in Gravel's way: nothing goes.
        case aggregating
        /// In Pushgateway's way.
        case replacing(Push.Clearing)
    }

    var group: GroupingKey
    var manner: Manner
    /// `?clearmode=` or the header: for series without the label.
    var clearMode: ClearWord?
    var expiresAfter: Duration?
    var idempotencyKey: String?
}
