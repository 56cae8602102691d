import NIOCore

/// What a generator has answered, ready to be sent as a part of a list.
package struct ReadyList: Sendable {
    /// Groups in JSON with commas between them, without brackets; empty where there is none.
    package let json: ByteBuffer
    package let targetCount: Int
    let tag: EntityTag

    package init(_ list: TargetList) {
        let bytes = list.json
        json = ByteBuffer(bytes: bytes)
        targetCount = list.targetCount
        tag = EntityTag(of: bytes)
    }

    package var byteCount: Int { json.readableBytes }
}

/// Lists of several generators as one, in their order.
package struct MergedTargets: Sendable {
    package let body: ByteBuffer
    package let targetCount: Int
    package let tag: EntityTag
    private let parts: [EntityTag]

    package init(_ lists: [ReadyList]) {
        var body = ByteBuffer()
        body.reserveCapacity(lists.reduce(3) { $0 + $1.byteCount + 1 })
        body.writeInteger(UInt8(ascii: "["))
        for list in lists where list.byteCount > 0 {
            if body.readableBytes > 1 { body.writeInteger(UInt8(ascii: ",")) }
            body.writeImmutableBuffer(list.json)
        }
        body.writeString("]\n")
        self.body = body
        targetCount = lists.reduce(0) { $0 + $1.targetCount }
        parts = lists.map(\.tag)
        tag = EntityTag(of: Array(body.readableBytesView))
    }

    /// Whether it would be the same of `lists`.
    package func isMade(of lists: [ReadyList]) -> Bool { parts == lists.map(\.tag) }
}
