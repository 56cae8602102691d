import Logging
import NIOCore
import NIOPosix

extension AccessControl {
    /// How long a change of a file may go unnoticed.
    private static let lookInterval = Duration.seconds(1)

    /// How long nothing is said of a problem that stays.
    private static let quiet = Duration.seconds(3600)

    /// What is known of the files.
    struct Watch {
        var lookedAt: Moment
        /// Who waits for the look that is going on; `nil` while there is none.
        var waiting: [EventLoopPromise<Void>]?
        /// Of files that are right.
        var prints: [String: AccessFiles.Print] = [:]
        var printsTakenAt: Moment
        /// Of what the list was made.
        var parts: AccessParts = [:]
        /// The problems that there were at the last look, and when they were said.
        var problems: [String] = []
        var saidAt: Moment?

        init(lookedAt: Moment) {
            self.lookedAt = lookedAt
            printsTakenAt = lookedAt
        }
    }

    // MARK: Reload

    /// A configuration that can hold at once: its files are right.
    package struct Change: Sendable {
        let configuration: Configuration
        let list: AccessList
        let parts: AccessParts
        let prints: [String: AccessFiles.Print]
        let takenAt: Moment

        /// What `web.config_file` says of TLS.
        package var tls: WebConfigTLS? { list.tls }

        /// Reads the files, and so blocks; throws every problem there is.
        fileprivate init(_ configuration: Configuration, hash: KeyedHash, at moment: Moment) throws(AccessProblems) {
            let sources = configuration.sources
            let files = AccessFiles(sources.map(\.path))
            let reading = AccessReading(files, sources, before: [:], hash: hash)
            var problems = sources.flatMap { reading.problems[$0] ?? [] }
            var list = AccessList()
            do throws(AccessProblems) {
                list = try AccessList(configuration, reading.parts)
            } catch {
                problems += error.lines
            }
            guard problems.isEmpty else { throw AccessProblems(problems) }
            self.configuration = configuration
            self.list = list
            parts = reading.parts
            prints = files.prints
            takenAt = moment
        }
    }

    /// Reads the files, and so blocks; throws every problem there is.
    package func prepare(_ configuration: Configuration) throws(AccessProblems) -> Change {
        try Change(configuration, hash: hash, at: parts.time())
    }

    /// From now on `change` holds, for every request that is not let in yet.
    package func apply(_ change: Change) {
        state.withLock { state in
            state.configuration = change.configuration
            Self.install(change.list, &state)
            state.watch.parts = change.parts
            state.watch.prints = change.prints
            state.watch.printsTakenAt = change.takenAt
            state.watch.problems = []
        }
        instruments.failingFiles.set(0)
        for note in change.list.notes {
            parts.logger.warning("a part of who may log in has no effect", metadata: ["what": "\(note)"])
        }
    }

    private static func install(_ list: AccessList, _ state: inout State) {
        let version = state.list.version
        state.list = list
        state.list.version = version + 1
    }

    /// What is wrong with the files that `configuration` names. Blocks.
    package static func problems(of configuration: Configuration) -> [String] {
        do throws(AccessProblems) {
            _ = try Change(configuration, hash: KeyedHash(), at: Moment.now())
            return []
        } catch {
            return error.lines
        }
    }

    /// What `web.config_file` says of TLS.
    package var tls: WebConfigTLS? { list.tls }

    // MARK: Changes of files

    /// A future where the files have to be looked at first; it never fails.
    func lookIfDue(on loop: any EventLoop) -> EventLoopFuture<Void>? {
        let now = parts.time()
        let due = state.withLock { state -> (isFirst: Bool, promise: EventLoopPromise<Void>)? in
            guard state.configuration.hasFiles else { return nil }
            let isLooking = state.watch.waiting != nil
            guard isLooking || now.elapsed(since: state.watch.lookedAt) >= Self.lookInterval else { return nil }
            let promise = loop.makePromise(of: Void.self)
            state.watch.waiting = (state.watch.waiting ?? []) + [promise]
            state.watch.lookedAt = isLooking ? state.watch.lookedAt : now
            return (!isLooking, promise)
        }
        guard let due else { return nil }
        if due.isFirst { parts.threads.submit { _ in self.look() } }
        return due.promise.futureResult
    }

    /// Blocks.
    private func look() {
        let (configuration, watch, list) = state.withLock { ($0.configuration, $0.watch, $0.list) }
        let paths = configuration.sources.map(\.path)
        if !AccessFiles.areUnchanged(watch.prints, paths: paths, takenAt: watch.printsTakenAt) {
            let takenAt = parts.time()
            let files = AccessFiles(paths)
            let reading = AccessReading(files, configuration.sources, before: watch.parts, hash: hash)
            let settlement = AccessSettlement(
                reading, over: watch.parts, configuration, mayOpen: list.protected.isEmpty)
            take(settlement, files.prints, takenAt, ifStill: list.version)
        }
        let waiting = state.withLock { state in
            defer { state.watch.waiting = nil }
            return state.watch.waiting ?? []
        }
        for promise in waiting { promise.succeed() }
    }

    private func take(
        _ settlement: AccessSettlement, _ prints: [String: AccessFiles.Print], _ takenAt: Moment, ifStill version: Int
    ) {
        let problems = settlement.problems
        let says = state.withLock { state -> (isNew: Bool, isDue: Bool)? in
            // A reload came in between, and has read the files itself.
            guard state.list.version == version else { return nil }
            if let list = settlement.list { Self.install(list, &state) }
            state.watch.parts = settlement.parts
            state.watch.prints = prints.filter { path, _ in !problems.keys.contains { $0.path == path } }
            state.watch.printsTakenAt = takenAt
            return state.watch.note(settlement.lines, at: takenAt, quiet: Self.quiet)
        }
        guard let says else { return }
        instruments.failingFiles.set(problems.count)
        if says.isNew { instruments.fileFailures.increment() }
        if !settlement.taken.isEmpty {
            let files = settlement.taken.map(\.path).joined(separator: ",")
            parts.logger.info("users and tokens read again", metadata: ["files": "\(files)"])
        }
        if says.isDue {
            parts.logger.error(
                "users and tokens not read again",
                metadata: ["problems": "\(AccessProblems(settlement.lines))"])
        }
    }
}

extension AccessControl.Watch {
    /// Whether there is a problem that was not there at the last look, and whether it is time to say what there is.
    fileprivate mutating func note(
        _ lines: [String], at now: Moment, quiet: Duration
    ) -> (isNew: Bool, isDue: Bool) {
        let isNew = lines.contains { !problems.contains($0) }
        let isDue = isNew || !lines.isEmpty && saidAt.map { now.elapsed(since: $0) >= quiet } != false
        problems = lines
        if isDue { saidAt = now }
        return (isNew, isDue)
    }
}

extension AccessControl {
    /// What anybody may do who reaches `address`, in words; nothing where it is a loopback address.
    package func openRights(listening address: HostPort) -> [String] {
        if ["localhost", "::1"].contains(address.host) || address.host.hasPrefix("127.") { return [] }
        let list = list
        let words: [AccessRole: String] = [
            .scrape: "scrape (/metrics, /apps, /)", .push: "push (/metrics, /metrics/job/…)",
            .admin: "admin (what web.enable_lifecycle and web.enable_admin_api switch on)",
        ]
        return AccessRole.allCases.filter { !list.protected.contains($0) }.compactMap { words[$0] }
    }

    /// Says once what stands open to a network; nothing where the address is a loopback one.
    package func warnOfOpenRights(listening address: HostPort) {
        let open = openRights(listening: address)
        guard !open.isEmpty else { return }
        parts.logger.warning(
            "whoever reaches the port needs no login",
            metadata: ["on": "\(address)", "open": "\(open.joined(separator: ", "))"])
    }
}
