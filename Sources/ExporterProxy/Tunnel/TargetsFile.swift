import HyperDHT

/// targets.json: the aliases as Prometheus reads them with file_sd, byte for byte in the form of the original bridge.
///
/// One group with the label `job`, and a line `alias:key:hostname:service` for each alias, with keys in z32.
package enum TargetsFile {
    /// What was in a file.
    package struct Contents: Equatable, Sendable {
        package var targets: [AliasTarget] = []
        /// What could not be read, with the line of the file.
        package var faults: [String] = []
    }

    // MARK: Writing

    package static func bytes(of targets: [AliasTarget]) -> [UInt8] {
        var text = "[\n {\n  \"labels\": {\n   \"job\": \"aliases\"\n  },\n  \"targets\": ["
        for (index, target) in targets.enumerated() {
            text += index == 0 ? "\n   " : ",\n   "
            text += EscapedText.json(line(of: target))
        }
        text += targets.isEmpty ? "]\n }\n]" : "\n  ]\n }\n]"
        return Array(text.utf8)
    }

    static func line(of target: AliasTarget) -> String {
        "\(target.alias):\(target.key.text(.z32)):\(target.hostname):\(target.service)"
    }

    // MARK: Reading

    /// As much as can be read.
    package static func read(_ bytes: [UInt8]) -> Contents {
        let document: DocumentNode
        do throws(DocumentError) {
            let limits = DocumentLimits(bytes: bytesMax, nodes: linesMax + 100, depth: 8)
            document = try JSONDocument.read(bytes, limits: limits)
        } catch {
            return Contents(faults: ["line \(error.line): \(error.reason)"])
        }
        guard let groups = document.asSequence, let group = groups.first, groups.count == 1,
            let lines = group.asMapping?.first(where: { $0.key == "targets" })?.value.asSequence
        else { return Contents(faults: ["line \(document.line): not a list of one group of targets"]) }
        return contents(of: lines)
    }

    static let bytesMax = 128 << 20
    private static let linesMax = 200_000

    private static func contents(of lines: [DocumentNode]) -> Contents {
        var contents = Contents()
        for line in lines {
            if let text = line.asString, let target = target(of: text) {
                contents.targets.append(target)
            } else {
                contents.faults.append("line \(line.line): not 'alias:key:hostname:service'")
            }
        }
        return contents
    }

    private static func target(of line: String) -> AliasTarget? {
        let parts = line.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 4, let key = PublicKey(text: String(Substring(parts[1]))) else { return nil }
        let texts = parts.map { String(Substring($0)) }
        return AliasTarget(alias: texts[0], key: key, hostname: texts[2], service: texts[3])
    }
}
