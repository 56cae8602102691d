// The rooms whose configuration is read here, without what they do with it.
enum HTTPServer {}
enum HTTPTarget {}
enum Poller {}
enum SnapshotStore {}
enum SocketReceiver {}
enum UnixSocketFile {
    struct Access: Equatable, Sendable {
        var user: UInt32
        var group: UInt32
        var mode: UInt32
    }
}
