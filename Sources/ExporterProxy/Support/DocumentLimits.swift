/// How much a YAML or JSON document may hold.
package struct DocumentLimits: Sendable {
    package var bytes = 1024 * 1024
    /// Values and keys.
    package var nodes = 100_000
    package var depth = 32

    package init(bytes: Int = 1024 * 1024, nodes: Int = 100_000, depth: Int = 32) {
        self.bytes = bytes
        self.nodes = nodes
        self.depth = depth
    }

    /// Throws where there are too many bytes, or they are no UTF-8.
    func check(_ bytes: [UInt8]) throws(DocumentError) {
        guard bytes.count <= self.bytes else {
            throw DocumentError(line: 1, reason: "the document is larger than \(self.bytes) bytes")
        }
        if let place = bytes.withUnsafeBytes(UTF8Check.firstInvalid) {
            throw DocumentError(
                line: DocumentError.line(of: place, in: bytes), reason: "the document is not UTF-8")
        }
    }
}

/// What is wrong with a document, and in which line.
package struct DocumentError: Error, Equatable {
    package var line: Int
    package var reason: String

    static func line(of offset: Int, in bytes: some Collection<UInt8>) -> Int {
        1 + bytes.prefix(offset).reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
    }
}
