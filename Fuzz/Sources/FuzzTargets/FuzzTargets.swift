import FuzzDriver

@testable import ExporterProxy

/// Reads an input as a list of targets, in JSON or YAML, and stops the process where what comes of it is not the same
/// when it is read again, where a refusal has no reason, or a path of a tree has segments that could lead out of it.
///
/// The first byte of an input says what the rest is: a path, YAML, or JSON.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let rest = Array(input.dropFirst())
    switch first {
    case 1: checkPath(String(decoding: rest, as: UTF8.self))
    case 2: checkList(rest, .yaml)
    default: checkList(rest, .json)
    }
}

private func checkList(_ bytes: [UInt8], _ format: TargetList.Format) {
    let (list, problems) = TargetList.read(bytes, format)
    require((list == nil) == problems.contains { $0.severity == .refused }, shown(bytes))
    require(problems.count <= TargetListReader.problemsMax + 1, shown(bytes))
    for problem in problems {
        require(!problem.reason.isEmpty && (problem.line ?? 1) > 0, shown(bytes))
        require(!problem.description.utf8.contains { $0 < 0x20 }, "\(problem.description.debugDescription)")
    }
    guard let list else { return }
    // Keys of JSON that come twice are not, when it is written anew.
    let doubts = problems.filter { !$0.reason.hasSuffix("comes twice") }
    let json = [UInt8(ascii: "[")] + list.json + [UInt8(ascii: "]")]
    let again = TargetList.read(json, .json)
    require(again.list == list && again.list?.json == list.json, "\(shown(bytes)) becomes \(shown(json))")
    require(again.problems.map(\.reason) == doubts.map(\.reason), "\(shown(json)): \(again.problems)")
    // JSON is YAML too, as long as nothing in it is longer or stranger than YAML allows.
    let yaml = TargetList.read(json, .yaml)
    require(yaml.list == nil || yaml.list == list, "\(shown(json)) in YAML")
}

private func checkPath(_ text: String) {
    guard let path = try? TreePath(encoded: text) else { return }
    for segment in path.segments {
        require(
            !segment.isEmpty && segment.utf8.first != UInt8(ascii: ".") && segment.utf8.first != UInt8(ascii: "_"), text
        )
        require(!segment.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 }, text)
    }
    let encoded = path.segments.map(PercentEncoding.encode).joined(separator: "/")
    require((try? TreePath(encoded: encoded)) == path, "\(text.debugDescription) becomes \(encoded)")
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzTargets_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
