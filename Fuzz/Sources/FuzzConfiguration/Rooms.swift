// The rooms whose configuration is read here, without what they do with it.
package enum HTTPServer {}
package enum HTTPTarget {}
package enum Poller {}
package enum SnapshotStore {}
package enum SocketReceiver {}

package enum UnixSocketFile {
    package struct Access: Equatable, Sendable {
        package var user: UInt32
        package var group: UInt32
        package var mode: UInt32
    }
}
