import Glibc

/// Users and groups by name or number.
package enum Account {
    /// `current_user` is the user that the proxy runs as; a number needs no entry in the user database.
    package static func user(_ text: String) -> UInt32? {
        if text == "current_user" { return geteuid() }
        if let number = UInt32(text) { return number }
        return getpwnam(text)?.pointee.pw_uid
    }

    /// `current_group` is the group that the proxy runs as.
    package static func group(_ text: String) -> UInt32? {
        if text == "current_group" { return getegid() }
        if let number = UInt32(text) { return number }
        return getgrnam(text)?.pointee.gr_gid
    }
}
