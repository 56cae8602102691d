/// The rooms of a running daemon, and how they take another configuration.
///
/// First ``prepare(_:)`` does all that can fail and changes nothing that anybody sees; then ``apply(_:over:)``
/// cannot fail. What a configuration does not change goes on as if nothing had happened.
struct Rooms: Sendable {
    /// Descriptors that the process could open at its start.
    let descriptorsAvailable: Int
    let log: LogSettings
    let store: SnapshotStore
    let persistence: Persistence?
    let expiry: Expiry
    let merged: MergedExposition
    let telemetry: OwnMetrics
    let budget: DescriptorBudget
    let receiver: SocketReceiver
    let events: EventReceiver
    let poller: Poller
    let push: PushRoom
    let discovery: DiscoveryRoom
    let access: AccessControl
    let server: HTTPServer
    let page: PageStatus
    let reloads: ReloadRequests

    /// A configuration that can hold at once.
    struct Change: Sendable {
        var configuration: RootConfiguration
        var access: AccessControl.Change
        var receiver: SocketReceiver.Change
        var events: EventReceiver.Change
        var server: HTTPServer.Change
    }

    /// Blocks: a name may have to be looked up.
    func prepare(_ new: RootConfiguration) throws -> Change {
        let access = try access.prepare(new.web.access)
        let receiver = try receiver.prepare(
            new.receiver, connectionsMax: new.exporter.concurrentRequests, reserved: new.reservedNames)
        do {
            let events = try events.prepare(new.events(within: descriptorsAvailable))
            do {
                // Last, as at the start.
                let tls = try WebTLS.configuration(new.web, access.tls)
                let server = try server.prepare(new.exporter.http(within: descriptorsAvailable), tls: tls)
                return Change(configuration: new, access: access, receiver: receiver, events: events, server: server)
            } catch {
                self.events.abandon(events)
                throw error
            }
        } catch {
            self.receiver.abandon(receiver)
            throw error
        }
    }

    /// In start order; returns when `change` holds everywhere.
    func apply(_ change: Change, over old: RootConfiguration) async {
        let new = change.configuration
        log.configuration = new.log
        reloads.update(new.web)
        store.sourcesMax = new.store.sourcesMax
        let saveInterval = new.store.persistence.saveInterval
        if saveInterval != old.store.persistence.saveInterval { persistence?.saveInterval = saveInterval }
        if new.expiryRules != old.expiryRules { expiry.rules = new.expiryRules }
        if new.exposition != old.exposition { merged.update(new.exposition) }
        budget.resize(to: new.receiverDescriptors(within: descriptorsAvailable))
        // Before the poller: what it removes must not be pushed again under a name that is a target's.
        await receiver.apply(change.receiver)
        // An app may have had the name.
        if new.events.isUsed, !old.events.isUsed { store.remove(EventRoom.source) { $0 != .events } }
        await events.apply(change.events)
        telemetry.update(new.telemetry, in: store)
        push.apply(new)
        await discovery.apply(new)
        if new.poll != old.poll { await poller.apply(new.poll) }
        access.apply(change.access)
        server.apply(change.server)
        discovery.isServed(by: server)
        page.current = .init(listening: server.address, hasAdminAPI: new.web.enablesAdminAPI)
        access.warnOfOpenRights(listening: new.exporter.http.address)
    }
}

extension ExporterConfiguration {
    /// The HTTP side; with few descriptors fewer connections than configured, so that the proxy can always be asked.
    func http(within descriptors: Int) -> HTTPServer.Configuration {
        var http = http
        http.connectionsMax = min(http.connectionsMax, max(4, descriptors / 8))
        return http
    }

    /// What receivers and events may take and leave enough for everything else: the window, polls, logs.
    fileprivate func socketDescriptors(within descriptors: Int) -> Int {
        DescriptorBudget.count(of: descriptors, reserving: 64 + http(within: descriptors).connectionsMax)
    }
}

extension RootConfiguration {
    /// With few descriptors fewer connections than configured: a quarter of what sockets may have.
    func events(within descriptors: Int) -> EventsConfiguration {
        var events = events
        events.connectionsMax = min(events.connectionsMax, max(1, exporter.socketDescriptors(within: descriptors) / 4))
        return events
    }

    /// What the receivers may take.
    func receiverDescriptors(within descriptors: Int) -> Int {
        let ofEvents = events.tcpListen == nil ? 0 : events(within: descriptors).connectionsMax
        return max(1, exporter.socketDescriptors(within: descriptors) - ofEvents)
    }
}
