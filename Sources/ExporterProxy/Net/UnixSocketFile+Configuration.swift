extension UnixSocketFile.Access {
    /// `unix_socket_user`, `unix_socket_group` (names or numbers, or `"current_user"`, `"current_group"`) and
    /// `unix_socket_mode` (octal, in quotes).
    package init(reading section: ConfigurationSection) {
        user = section.value(
            "unix_socket_user", Account.user("current_user") ?? 0, shown: "\"current_user\"",
            expected: "\"current_user\", or a user of this machine by name or number"
        ) { value in Self.account(value).flatMap(Account.user) }
        group = section.value(
            "unix_socket_group", Account.group("current_group") ?? 0, shown: "\"current_group\"",
            expected: "\"current_group\", or a group of this machine by name or number"
        ) { value in Self.account(value).flatMap(Account.group) }
        mode = section.value(
            "unix_socket_mode", UInt32(0o660), shown: "\"0660\"",
            expected: "an octal mode in quotes, from \"0000\" to \"0777\""
        ) { value in value.asString.flatMap { UInt32($0, radix: 8) }.flatMap { $0 <= 0o777 ? $0 : nil } }
    }

    private static func account(_ value: ConfigurationValue) -> String? {
        value.asString ?? value.asInteger.map(String.init)
    }
}
