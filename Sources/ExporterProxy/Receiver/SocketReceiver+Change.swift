extension SocketReceiver {
    /// A configuration that can hold at once: its listeners are open.
    package struct Change: Sendable {
        let configuration: Configuration
        let connectionsMax: Int
        let reserved: ReservedNames
        /// All that are to be, in the order in which they open.
        let listeners: [Listener]
        /// Rings when the receiver's thread works with it.
        let done = Bell()
        /// Whose file had another owner or mode before, and which.
        var changedFile: (listener: ListeningSocket, before: UnixSocketFile.Access)?
    }

    /// A listener and what it counts.
    struct Listener: Sendable {
        var socket: ListeningSocket
        var instruments: ReceiverInstruments
        var door: Snapshot.Origin.Door { socket.isUnix ? .unix : .tcp }
    }
}

extension SocketReceiver.Configuration {
    /// Where one door listens; while it is the same, the listener stays.
    enum Place: Equatable, Sendable {
        case unix(String)
        case tcp(HostPort)
    }

    func place(of door: Snapshot.Origin.Door) -> Place? {
        switch door {
        case .unix: receivesOnUnixSocket ? .unix(unixSocket) : nil
        case .tcp: receivesOnTCPSocket ? .tcp(tcpSocket) : nil
        case .poll, .push, .events, .own: nil
        }
    }
}
