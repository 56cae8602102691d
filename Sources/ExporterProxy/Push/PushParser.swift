import Exposition
import NIOCore

/// Makes a ``Push`` of a body: canonical text, labels of the group put in, a mode for each series.
struct PushParser {
    /// Findings that a refusal shows.
    static let findingsMax = 20

    let rules: PushRules
    let limits: ExpositionLimits

    /// - Parameter example: the group's last push, which this one may be like but for its values.
    func read(
        _ body: ByteBuffer, _ request: PushRequest, at now: Moment, like example: PushForm.Lines? = nil
    ) throws(PushRefusal) -> Push {
        if let push = again(body, request, at: now, like: example) { return push }
        return try readAll(body, request, at: now)
    }

    /// A push of the same form as the last one; `nil` where it is none.
    private func again(
        _ body: ByteBuffer, _ request: PushRequest, at now: Moment, like example: PushForm.Lines?
    ) -> Push? {
        guard let example, case .replacing(let clearing) = request.manner, request.clearMode == nil,
            let lines = example.next(body, rules, limits)
        else { return nil }
        return Push(
            group: request.group, clearing: clearing, families: [], expiresAfter: request.expiresAfter,
            idempotencyKey: request.idempotencyKey, at: now, lines: lines)
    }

    private func readAll(_ body: ByteBuffer, _ request: PushRequest, at now: Moment) throws(PushRefusal) -> Push {
        let text = try canonical(body)
        let grouped = try group(text, request)
        if rules.timestamps == .refuse, text.index.shape.hasTimestamps {
            throw .timestamp(line: timestampedLine(of: text.body))
        }
        if let repeated = grouped.repeated { throw .repeated(line: line(repeated, of: grouped)) }
        if let reserved = grouped.reserved { throw .reservedLabel(line: line(reserved, of: grouped)) }
        var push = Push(
            group: request.group, clearing: .nothing, families: [], expiresAfter: request.expiresAfter,
            idempotencyKey: request.idempotencyKey, at: now)
        if case .replacing(let clearing) = request.manner { push.clearing = clearing }
        push.families.reserveCapacity(grouped.families.count)
        let lines = ByteBuffer(bytes: grouped.bytes)
        for (place, family) in text.index.shape.families.enumerated() {
            push.families.append(try pushed(family, place, grouped, lines, request))
        }
        note(&push, text, grouped, lines)
        return push
    }

    /// Gives a push its form, where it has one.
    private func note(_ push: inout Push, _ text: Canonical, _ grouped: GroupedText, _ lines: ByteBuffer) {
        let areBlocks = push.families.allSatisfy { family in
            if case .block = family.content { true } else { false }
        }
        guard areBlocks, !push.families.isEmpty, !text.isRepaired,
            let form = text.body.withUnsafeReadableBytes({ GroupedForm($0, text.index, grouped) })
        else { return }
        let whole = PushForm(form, push.families, rules, limits)
        push.lines = PushForm.Lines(form: whole, bytes: lines, places: grouped.families.map(\.lines))
        for place in push.families.indices {
            guard case .block(var block) = push.families[place].content else { continue }
            block.form = PushedBlock.Form(of: whole, place: place)
            push.families[place].content = .block(block)
        }
    }

    // MARK: Text

    private typealias Canonical = (body: ByteBuffer, index: IndexedExposition, isRepaired: Bool)

    /// The body itself where it is canonical, else what the repair makes of it, if that loses nothing.
    private func canonical(_ body: ByteBuffer) throws(PushRefusal) -> Canonical {
        if let index = body.withUnsafeReadableBytes({ CanonicalText.index($0, limits: limits) }) {
            return (body, index, false)
        }
        let result = body.withUnsafeReadableBytes {
            TextRepair.run($0, limits: limits, findingsMax: Self.findingsMax * 50)
        }
        if let limit = result.isOverLimit { throw .overLimit(limit) }
        let dropped = result.counts.filter { $0.key.outcome == .dropped }
        if !dropped.isEmpty {
            let lost = result.findings.filter { $0.reason.outcome == .dropped }
            throw .invalid(
                Array(lost.prefix(Self.findingsMax)), dropped: dropped.values.reduce(0, +),
                isReadable: dropped.keys.allSatisfy { $0 == .duplicateSeries })
        }
        guard let index = result.bytes.withUnsafeBytes({ CanonicalText.index($0, limits: limits) }) else {
            throw .notReadable(PushedMetrics.notUnderstood)
        }
        return (ByteBuffer(bytes: result.bytes), index, true)
    }

    static let clearModeLabel: StaticString = "clearmode"

    private func group(_ text: Canonical, _ request: PushRequest) throws(PushRefusal) -> GroupedText {
        // As Pushgateway has it, so that a scrape does not put the gateway's own instance there.
        let labels = GroupedText.Labels(
            group: request.group.labels, fallback: "instance", mark: Self.clearModeLabel.description)
        // A long path makes much of a short body.
        let bytes = GroupedText.bytes(of: text.body.readableBytes, text.index, labels)
        guard bytes <= max(limits.bytes, text.body.readableBytes &* 2) else {
            throw .tooManyBytesWithGroup(bytes, max: limits.bytes)
        }
        return text.body.withUnsafeReadableBytes { GroupedText($0, text.index, labels) }
    }

    private func line(_ place: Int, of grouped: GroupedText) -> String {
        let lines = grouped.bytes.split(separator: 0x0A, maxSplits: place + 1)
        return lines.indices.contains(place) ? Self.shown(String(decoding: lines[place], as: UTF8.self)) : ""
    }

    private func timestampedLine(of body: ByteBuffer) -> String {
        let lines = String(buffer: body).split(separator: "\n")
        let timed = lines.first { line in
            guard !line.hasPrefix("#") else { return false }
            let rest = line.lastIndex(of: "}").map { line[line.index(after: $0)...] } ?? line[...]
            return rest.split { $0 == " " || $0 == "\t" }.count == (rest.startIndex == line.startIndex ? 3 : 2)
        }
        return Self.shown(String(timed ?? ""))
    }

    static func shown(_ line: String) -> String {
        let visible = EscapedText.visible(line)
        return visible.count > 120 ? visible.prefix(120) + "…" : visible
    }

    // MARK: Families

    private func pushed(
        _ family: ExpositionShape.Family, _ place: Int, _ grouped: GroupedText, _ lines: ByteBuffer,
        _ request: PushRequest
    ) throws(PushRefusal) -> PushedFamily {
        let job = request.group.job ?? ""
        let said = request.clearMode ?? rules.clearMode(job: job, metric: family.name)
        var pushed = PushedFamily(
            name: family.name, type: family.type ?? .untyped, help: family.help, clears: .nothing,
            content: .metrics([]), expiresAfter: rules.expireAfter(job: job, metric: family.name))
        let found = grouped.families[place]
        let isReplacing = request.manner != .aggregating
        let block = lines.getSlice(at: found.lines.lowerBound, length: found.lines.count) ?? ByteBuffer()
        if isReplacing, said == nil, !found.hasMark, !found.lacksInfinity {
            pushed.clears = .replaced
            pushed.content = .block(PushedBlock(lines: block, series: Array(grouped.series[found.samples])))
            return pushed
        }
        var metrics = PushedMetrics(family: family.name, type: pushed.type)
        let standard = standard(said, pushed.type, isReplacing)
        let read = block.withUnsafeReadableBytes { bytes in
            Result { () throws(PushRefusal) in
                try metrics.read(bytes, hasMark: found.hasMark, standard: standard)
            }
        }
        pushed.content = .metrics(try read.get())
        pushed.clears =
            metrics.clearsAll ? .all : metrics.hasUnsaid && isReplacing && said == nil ? .replaced : .nothing
        return pushed
    }

    /// What holds for a series without a label of its own.
    private func standard(_ said: ClearWord?, _ type: MetricType, _ isReplacing: Bool) -> ClearWord {
        if let said { return said }
        return .mode(isReplacing || type == .gauge ? .replace : .sum)
    }
}
