/// What `--version`, the page and the User-Agent say.
package enum Version {
    package static let name = "exporter-proxy"
    package static let number = "0.2.0"

    /// Of the compiler that built this; it can only be asked whether it is at least of some version.
    package static var swift: String {
        #if compiler(>=6.6)
            "6.6 or newer"
        #elseif compiler(>=6.5)
            "6.5"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
