import Exposition
import Testing

@Suite struct ModelTests {
    @Test func samplesAreEqualByTheBitsOfTheirValues() {
        #expect(Sample(name: "a", value: .nan) == Sample(name: "a", value: .nan))
        #expect(Sample(name: "a", value: 0.0) != Sample(name: "a", value: -0.0))
    }
}
