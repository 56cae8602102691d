import Logging
import NIOCore
import NIOPosix

extension AccessControl {
    /// How long a change of a file may go unnoticed.
    private static let lookInterval = Duration.seconds(1)

    /// What is known of the files.
    struct Watch {
        var lookedAt: Moment
        /// Who waits for the look that is going on; `nil` while there is none.
        var waiting: [EventLoopPromise<Void>]?
        var prints: [String: AccessFiles.Print] = [:]
        var printsTakenAt: Moment
        /// Of what the list was made.
        var contents: KeyedHash.Digest?
        /// The problems that were said last, so that they are said once.
        var problems: [String] = []

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
        let prints: [String: AccessFiles.Print]
        let takenAt: Moment
        let contents: KeyedHash.Digest

        /// What `web.config_file` says of TLS.
        package var tls: WebConfigTLS? { list.tls }
    }

    /// Reads the files, and so blocks; throws every problem there is.
    package func prepare(_ configuration: Configuration) throws(AccessProblems) -> Change {
        let takenAt = parts.time()
        let files = try AccessFiles.read(configuration.files)
        let list = try AccessList(configuration, contents: files.contents, hash: hash)
        return Change(
            configuration: configuration, list: list, prints: files.prints, takenAt: takenAt,
            contents: digest(files, configuration.files))
    }

    /// From now on `change` holds, for every request that is not let in yet.
    package func apply(_ change: Change) {
        state.withLock { state in
            state.configuration = change.configuration
            Self.install(change, &state)
        }
        for note in change.list.notes {
            parts.logger.warning("a part of who may log in has no effect", metadata: ["what": "\(note)"])
        }
    }

    private static func install(_ change: Change, _ state: inout State) {
        let version = state.list.version
        state.list = change.list
        state.list.version = version + 1
        state.watch.prints = change.prints
        state.watch.printsTakenAt = change.takenAt
        state.watch.contents = change.contents
        state.watch.problems = []
    }

    /// What is wrong with the files that `configuration` names. Blocks.
    package static func problems(of configuration: Configuration) -> [String] {
        do throws(AccessProblems) {
            let files = try AccessFiles.read(configuration.files)
            _ = try AccessList(configuration, contents: files.contents, hash: KeyedHash())
            return []
        } catch {
            return error.lines
        }
    }

    private func digest(_ files: AccessFiles, _ paths: [String]) -> KeyedHash.Digest {
        hash.digest(paths.map { files.contents[$0] ?? [] })
    }

    /// What `web.config_file` says of TLS.
    package var tls: WebConfigTLS? { list.tls }

    // MARK: Changes of files

    /// A future where the files have to be looked at first; it never fails.
    func lookIfDue(on loop: any EventLoop) -> EventLoopFuture<Void>? {
        let now = parts.time()
        let due = state.withLock { state -> (isFirst: Bool, promise: EventLoopPromise<Void>)? in
            guard !state.watch.prints.isEmpty else { return nil }
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
        let (configuration, prints, takenAt, contents, version) = state.withLock { state in
            (
                state.configuration, state.watch.prints, state.watch.printsTakenAt, state.watch.contents,
                state.list.version
            )
        }
        if !AccessFiles.areUnchanged(prints, paths: configuration.files, takenAt: takenAt) {
            do throws(AccessProblems) {
                take(try prepare(configuration), ifStill: version, over: contents)
            } catch {
                keepOld(error)
            }
        }
        let waiting = state.withLock { state in
            defer { state.watch.waiting = nil }
            return state.watch.waiting ?? []
        }
        for promise in waiting { promise.succeed() }
    }

    private func take(_ change: Change, ifStill version: Int, over contents: KeyedHash.Digest?) {
        enum What { case nothing, taken, refused }
        let what = state.withLock { state -> What in
            // A reload came in between, and has read the files itself.
            guard state.list.version == version else { return .nothing }
            guard change.contents != contents else {
                state.watch.prints = change.prints
                state.watch.printsTakenAt = change.takenAt
                state.watch.problems = []
                return .nothing
            }
            // A file that is being written may be empty for a moment: nobody is let in by that.
            guard state.list.protected.isEmpty || !change.list.protected.isEmpty else { return .refused }
            Self.install(change, &state)
            return .taken
        }
        switch what {
        case .nothing: break
        case .taken:
            parts.logger.info(
                "users and tokens read again",
                metadata: ["files": "\(change.configuration.files.joined(separator: ","))"])
        case .refused:
            keepOld(AccessProblems(["web.config_file has no users any more: reload, if it is meant so"]))
        }
    }

    private func keepOld(_ error: AccessProblems) {
        let isNew = state.withLock { state in
            defer { state.watch.problems = error.lines }
            return state.watch.problems != error.lines
        }
        guard isNew else { return }
        instruments.fileFailures.increment()
        parts.logger.error(
            "users and tokens not read again, the old ones hold", metadata: ["problems": "\(error)"])
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
