/// A text that equals another one only where its bytes do, as labels and names of the field are compared.
///
/// Of strings the standard library says that they are equal where they look alike: é is one code point or two.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that two texts in a row are not another two.
        hasher.combine(0xFF as UInt8)
    }
}
