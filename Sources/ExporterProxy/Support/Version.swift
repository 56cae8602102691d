/// What `--version`, the page and the User-Agent say.
package enum Version {
    package static let name = "exporter-proxy"
    package static let number = "0.2.0"
}
