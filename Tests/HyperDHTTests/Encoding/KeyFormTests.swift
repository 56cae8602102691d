import HyperDHT
import TestSupport
import Testing

struct KeyFormTests {
    @Test(.needsConformanceCases) func z32_IsTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "z32") {
            let (bytes, text) = (try entry["hex"].bytes, try entry["z32"].text)
            #expect(Z32.text(of: bytes) == text)
            #expect(Z32.bytes(of: text) == bytes)
        }
    }

    @Test func everyForm_ComesBack() {
        var numbers = Damage.Numbers(seed: 1)
        for _ in 0..<200 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            for form in KeyForm.allCases { #expect(KeyForm.bytes(of: form.text(of: bytes)) == bytes) }
        }
    }

    @Test func z32_OfAnyLengthComesBack() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
            #expect(Z32.bytes(of: Z32.text(of: bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
        "8A88E3DD7409F195FD52DB2D3CBA5D72CA6709BF1D94121BF3748801B40F6F5C",
        "tkrq8zmwb8a3m9k15csu3q17qmfgqnp9dskbrg9uq1rydpyxp7qy",
        "pear://tkrq8zmwb8a3m9k15csu3q17qmfgqnp9dskbrg9uq1rydpyxp7qy",
        "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=", "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
    ])
    func key_IsReadInEachForm(text: String) {
        #expect(PublicKey(text: text)?.text(.hex) == "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c")
    }

    @Test(arguments: [
        "", "8a88", "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5g",
        // A letter that z32 has not, and bits in the padding.
        "lkrq8zmwb8a3m9k15csu3q17qmfgqnp9dskbrg9uq1rydpyxp7qy", "tkrq8zmwb8a3m9k15csu3q17qmfgqnp9dskbrg9uq1rydpyxp7qb",
        "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w!", "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1=",
        "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1é",
    ])
    func anythingElse_IsNoKey(text: String) { #expect(PublicKey(text: text) == nil) }

    @Test func halfAByte_IsNoHex() {
        #expect(Hex.bytes(of: "abc") == nil)
        #expect(Hex.bytes(of: "") == [])
    }
}
