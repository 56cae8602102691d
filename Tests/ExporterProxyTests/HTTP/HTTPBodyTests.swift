import NIOCore
import Testing

@testable import ExporterProxy

private func parts(_ text: String, of count: Int) -> [ByteBuffer] {
    let bytes = [UInt8](text.utf8)
    return stride(from: 0, to: bytes.count, by: count).map {
        ByteBuffer(bytes: bytes[$0..<min($0 + count, bytes.count)])
    }
}

private func expectTaken(_ isTaken: Bool, _ part: ByteBuffer, by body: inout HTTPBody, declared: Int? = nil) {
    let answer = body.append(part, declared: declared, allocator: ByteBufferAllocator())
    #expect(answer == isTaken)
}

@Test(arguments: [1, 3, 7, 1000], [nil, 30, 3_000_000_000] as [Int?])
func body_IsTheSumOfItsParts(partBytes: Int, declared: Int?) {
    let text = "abcdefghijklmnopqrstuvwxyz0123"
    let budget = HTTPBodyBudget(1000)
    var body = HTTPBody(budget)
    for part in parts(text, of: partBytes) {
        expectTaken(true, part, by: &body, declared: declared)
    }
    #expect(budget.heldBytes == 30)
    let whole = body.take()
    #expect(String(buffer: whole) == text && budget.heldBytes == 30)
    body.giveBack()
    body.giveBack()
    #expect(budget.heldBytes == 0)
    // Memory follows what has come, not what was announced.
    #expect(whole.storageCapacity <= HTTPBody.reservedBytesMax)
}

@Test func body_IsNotCopied_WhereItComesInOnePart() {
    var body = HTTPBody(HTTPBodyBudget(1000))
    let part = ByteBuffer(string: "abc")
    expectTaken(true, part, by: &body, declared: 3)
    let whole = body.take()
    let isSame = part.withUnsafeReadableBytes { a in whole.withUnsafeReadableBytes { $0.baseAddress == a.baseAddress } }
    #expect(isSame)
}

@Test func body_IsRefused_WhereAllTogetherAreTooLarge() {
    let budget = HTTPBodyBudget(10)
    var (first, second) = (HTTPBody(budget), HTTPBody(budget))
    expectTaken(true, ByteBuffer(string: "123456"), by: &first)
    expectTaken(true, ByteBuffer(string: "1234"), by: &second)
    #expect(budget.bytesLeft == 0)
    expectTaken(false, ByteBuffer(string: "5"), by: &second)
    #expect(budget.heldBytes == 10)
    first.giveBack()
    expectTaken(true, ByteBuffer(string: "5"), by: &second)
    #expect(budget.bytesLeft == 5)
    budget.resize(to: 2)
    #expect(budget.bytesLeft == 0)
    expectTaken(false, ByteBuffer(string: "1"), by: &first)
}
