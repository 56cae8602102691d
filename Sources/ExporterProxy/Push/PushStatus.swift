/// What `/api/v1/status` says, in the form of Pushgateway's: when the proxy began, and what it is.
package enum PushStatus {
    package static func json(startedAt: Moment) -> String {
        "{\"start_time\":\(EscapedText.json(startedAt.wall.rfc3339)),\"flags\":{},\"build_information\":"
            + "{\"name\":\(EscapedText.json(Version.name)),\"version\":\(EscapedText.json(Version.number))}}"
    }
}
