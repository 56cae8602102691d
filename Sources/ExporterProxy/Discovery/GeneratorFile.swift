/// A file that says or makes a list of targets.
package struct GeneratorFile: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case json, yaml, python
        /// Any other file that may be executed.
        case executable

        /// It runs, and may answer anew each time.
        package var isProgram: Bool { self == .python || self == .executable }

        /// By the end of the name.
        init?(name: String) {
            if name.hasSuffix(".json") {
                self = .json
            } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                self = .yaml
            } else if name.hasSuffix(".py") {
                self = .python
            } else {
                return nil
            }
        }
    }

    private let exact: ExactText
    package let kind: Kind
    package let stamp: FileStamp

    package init(path: String, kind: Kind, stamp: FileStamp) {
        exact = ExactText(path)
        self.kind = kind
        self.stamp = stamp
    }

    /// From the root of the tree.
    package var path: String { exact.text }
}
