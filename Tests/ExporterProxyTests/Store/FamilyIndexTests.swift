import Exposition
import Testing

@testable import ExporterProxy

/// Shapes in the order in which they come; `nil` where a source goes.
typealias Steps = [(slot: Int, text: String?)]

/// What the index says of each source that is left, such as `1: m held, type m with 0: 1`.
private func outcome(of steps: Steps, hasDistinctSeries: Bool = false) throws -> [String] {
    var index = FamilyIndex(hasDistinctSeries: hasDistinctSeries)
    var shapes: [Int: ExpositionShape] = [:]
    for step in steps {
        let shape = try step.text.map { try ExpositionShape.of($0) }
        _ = index.update([(step.slot, shape)])
        shapes[step.slot] = shape
    }
    return shapes.sorted { $0.key < $1.key }.map { index.said(of: $0.key, $0.value) }
}

extension FamilyIndex {
    fileprivate func said(of slot: Int, _ shape: ExpositionShape) -> String {
        let places = shape.families.indices.map { "\(shape.families[$0].name) \(self.places(of: slot)[$0])" }
        let conflicts = conflicts(of: slot).map { conflict in
            "\(conflict.kind)\(conflict.family.map { " " + $0 } ?? "") with \(conflict.with): \(conflict.count)"
        }
        return "\(slot): " + (places + conflicts).joined(separator: ", ")
    }
}

private let gauge = "# TYPE m gauge\nm 1\n"
private let counter = "# TYPE m counter\nm 1\n"
private let histogram = "# TYPE m histogram\nm_bucket{le=\"+Inf\"} 1\nm_sum 1\nm_count 1\n"
private let summary = "# TYPE m summary\nm{quantile=\"0.5\"} 1\nm_sum 1\nm_count 1\n"

private let names: [(steps: Steps, expected: [String])] = [
    ([(0, "a 1\n"), (1, "b 1\n")], ["0: a own", "1: b own"]),
    ([(0, "m{x=\"0\"} 1\n"), (1, "m{x=\"1\"} 1\n")], ["0: m shared", "1: m shared"]),
    ([(0, gauge), (1, "m{x=\"1\"} 1\n")], ["0: m shared", "1: m shared"]),
    // The oldest keeps the name, and who goes makes room.
    ([(0, gauge), (1, counter)], ["0: m own", "1: m held, type m with 0: 1"]),
    ([(1, counter), (0, gauge)], ["0: m held, type m with 1: 1", "1: m own"]),
    ([(0, gauge), (1, counter), (0, nil)], ["1: m own"]),
    ([(0, gauge), (1, counter), (0, "a 1\n")], ["0: a own", "1: m own"]),
    (
        [(0, gauge), (1, counter), (0, "# TYPE m gauge\nm 2\nn 1\n")],
        ["0: m own, n own", "1: m held, type m with 0: 1"]
    ),
    ([(0, gauge), (1, counter), (0, "a 1\n"), (0, gauge)], ["0: m held, type m with 1: 1", "1: m own"]),
    // Who changes its type has held the name all the same.
    ([(0, gauge), (1, counter), (0, counter)], ["0: m shared", "1: m shared, series with 0: 1"]),
    (
        [(0, gauge), (1, counter), (2, gauge)],
        [
            "0: m shared", "1: m held, type m with 0: 1", "2: m shared, series with 0: 1",
        ]
    ),
    // The undeclared one has the owner's type, unless it cannot.
    ([(0, "m{x=\"0\"} 1\n"), (1, gauge)], ["0: m shared", "1: m shared"]),
    ([(0, histogram), (1, "m 1\n")], ["0: m own", "1: m held, type m with 0: 1"]),
    ([(0, "m 1\n"), (1, histogram)], ["0: m own", "1: m held, type m with 0: 1"]),
    (
        [(0, "m 1\n"), (1, histogram), (2, histogram)],
        [
            "0: m own", "1: m held, type m with 0: 1", "2: m held, type m with 0: 1",
        ]
    ),
    ([(0, histogram), (1, "m 1\n"), (0, nil), (2, gauge)], ["1: m shared", "2: m shared, series with 1: 1"]),
]

@Test(arguments: names)
func familyIndex_GivesANameToWhoHadItFirst(steps: Steps, expected: [String]) throws {
    #expect(try outcome(of: steps) == expected)
}

private let parts: [(steps: Steps, expected: [String])] = [
    // Undeclared, they are parts of somebody else's histogram; declared, they are in its way.
    ([(0, histogram), (1, "m_count{x=\"1\"} 1\n")], ["0: m shared", "1: m_count shared"]),
    ([(0, "m_count{x=\"0\"} 1\n"), (1, histogram)], ["0: m_count shared", "1: m shared"]),
    (
        [(0, histogram), (1, "# TYPE m_count gauge\nm_count 1\n")],
        [
            "0: m own", "1: m_count held, type m_count with 0: 1",
        ]
    ),
    ([(0, "# TYPE m_count gauge\nm_count 1\n"), (1, histogram)], ["0: m_count own", "1: m held, type m with 0: 1"]),
    ([(0, "# TYPE m_sum gauge\nm_sum 1\n"), (1, summary)], ["0: m_sum own", "1: m held, type m with 0: 1"]),
    // A summary has no buckets.
    ([(0, "# TYPE m_bucket gauge\nm_bucket 1\n"), (1, summary)], ["0: m_bucket own", "1: m own"]),
    ([(0, summary), (1, "m_bucket 1\n")], ["0: m own", "1: m_bucket own"]),
    ([(0, gauge), (1, "m_count 1\n")], ["0: m own", "1: m_count own"]),
    ([(0, histogram), (1, "m_count{x=\"1\"} 1\n"), (0, nil)], ["1: m_count own"]),
    ([(0, histogram), (1, "m_count{x=\"1\"} 1\n"), (0, gauge)], ["0: m own", "1: m_count own"]),
    // Who is held back is in nobody's way.
    (
        [(0, histogram), (1, "# TYPE m_count gauge\nm_count 1\n"), (2, "m_count{x=\"2\"} 1\n")],
        [
            "0: m shared", "1: m_count held, type m_count with 0: 1", "2: m_count shared",
        ]
    ),
    (
        [(0, histogram), (1, "# TYPE m_count gauge\nm_count 1\n"), (2, histogram)],
        [
            "0: m shared", "1: m_count held, type m_count with 0: 1", "2: m shared, series with 0: 3",
        ]
    ),
    (
        [(0, counter), (1, histogram), (2, "# TYPE m_count gauge\nm_count 1\n")],
        [
            "0: m own", "1: m held, type m with 0: 1", "2: m_count own",
        ]
    ),
    // Parts of parts.
    (
        [(0, "# TYPE m_sum summary\nm_sum_sum 1\nm_sum_count 1\n"), (1, summary), (2, "m_sum_count{x=\"2\"} 1\n")],
        [
            "0: m_sum shared", "1: m held, type m with 0: 1", "2: m_sum_count shared",
        ]
    ),
]

@Test(arguments: parts)
func familyIndex_KnowsThePartsOfHistogramsAndSummaries(steps: Steps, expected: [String]) throws {
    #expect(try outcome(of: steps) == expected)
}

private let helps: [(steps: Steps, expected: [String])] = [
    (
        [(0, "# HELP m A.\n# TYPE m gauge\nm{x=\"0\"} 1\n"), (1, "# HELP m A.\nm{x=\"1\"} 1\n")],
        [
            "0: m shared", "1: m shared",
        ]
    ),
    (
        [(0, "# HELP m A.\nm{x=\"0\"} 1\n"), (1, "# HELP m B.\nm{x=\"1\"} 1\n")],
        [
            "0: m shared", "1: m shared, help m with 0: 1",
        ]
    ),
    (
        [(0, "m{x=\"0\"} 1\n"), (1, "# HELP m B.\nm{x=\"1\"} 1\n"), (2, "# HELP m C.\nm{x=\"2\"} 1\n")],
        [
            "0: m shared", "1: m shared", "2: m shared, help m with 1: 1",
        ]
    ),
    // The help of who is held back says nothing.
    (
        [(0, gauge), (1, "# HELP m B.\n# TYPE m counter\nm 1\n"), (2, "# HELP m C.\nm{x=\"2\"} 1\n")],
        [
            "0: m shared", "1: m held, type m with 0: 1", "2: m shared",
        ]
    ),
]

@Test(arguments: helps)
func familyIndex_TakesTheFirstHelp(steps: Steps, expected: [String]) throws {
    #expect(try outcome(of: steps) == expected)
}

private let series: [(steps: Steps, expected: [String])] = [
    ([(0, "m 1\n"), (1, "m 1\n")], ["0: m shared", "1: m shared, series with 0: 1"]),
    (
        [(0, "m{a=\"1\",b=\"2\"} 1\n"), (1, "m{b=\"2\",a=\"1\",c=\"\"} 1\nm 1\n")],
        [
            "0: m shared", "1: m shared, series with 0: 1",
        ]
    ),
    // The oldest heir has it next, and a source that comes back is the last.
    ([(0, "m 1\n"), (1, "m 1\n"), (2, "m 1\n"), (0, nil)], ["1: m shared", "2: m shared, series with 1: 1"]),
    (
        [(0, "m 1\n"), (1, "m 1\n"), (2, "m 1\n"), (0, "m{x=\"0\"} 1\n"), (0, "m 1\n")],
        [
            "0: m shared, series with 1: 1", "1: m shared", "2: m shared, series with 1: 1",
        ]
    ),
    ([(0, "m 1\n"), (1, "m 1\n"), (1, nil), (2, "m 1\n"), (0, nil)], ["2: m own"]),
    // Who held the family first need not have held each of its series first.
    (
        [(0, "m{x=\"0\"} 1\n"), (1, "m 1\n"), (0, "m{x=\"0\"} 1\nm 1\n")],
        [
            "0: m shared, series with 1: 1", "1: m shared",
        ]
    ),
    // A part of a histogram is a series as any other, whoever declares it.
    (
        [(0, histogram), (1, "m_count 1\nm_sum 1\n")],
        ["0: m shared", "1: m_count shared, m_sum shared, series with 0: 2"]
    ),
    (
        [(0, "m_count 1\nm_sum 1\n"), (1, histogram)],
        ["0: m_count shared, m_sum shared", "1: m shared, series with 0: 2"]
    ),
    (
        [(0, "m_count 1\nm_sum 1\n"), (1, histogram), (0, histogram)],
        [
            "0: m shared, series with 1: 1", "1: m shared, series with 0: 2",
        ]
    ),
    ([(0, histogram), (1, "m_count 1\nm_sum 1\n"), (1, histogram)], ["0: m shared", "1: m shared, series with 0: 3"]),
]

@Test(arguments: series)
func familyIndex_GivesASeriesToWhoHadItFirst(steps: Steps, expected: [String]) throws {
    #expect(try outcome(of: steps) == expected)
}

@Test func familyIndex_HoldsNoSeriesBack_WhereTheyAreDistinct() throws {
    let steps: Steps = [(0, "m 1\n"), (1, "m 1\n")]
    #expect(try outcome(of: steps, hasDistinctSeries: true) == ["0: m shared", "1: m shared"])
}

@Test func familyIndex_PutsADemotedSourceLast() throws {
    var index = FamilyIndex(hasDistinctSeries: false)
    let shapes = try [gauge, counter, gauge].map { try ExpositionShape.of($0) }
    _ = index.update(shapes.enumerated().map { ($0.offset, $0.element) })
    #expect(index.demote(0) == [0, 1, 2])
    let said = shapes.indices.map { index.said(of: $0, shapes[$0]) }
    #expect(said == ["0: m held, type m with 1: 1", "1: m own", "2: m held, type m with 1: 1"])
    #expect(index.demote(7) == [])
}

/// A slot is used again; what its last source had is not its next one's.
@Test func familyIndex_DoesNotHandOverWhatASlotHad() throws {
    var index = FamilyIndex(hasDistinctSeries: false)
    let shape = try ExpositionShape.of(gauge)
    _ = index.update([(0, shape), (1, shape)])
    _ = index.update([(0, nil), (0, shape)])
    #expect(index.said(of: 0, shape) == "0: m shared, series with 1: 1")
    #expect(index.said(of: 1, shape) == "1: m shared")
}

@Test func familyIndex_NamesTheSourcesOfWhichSomethingElseIsServed() throws {
    var index = FamilyIndex(hasDistinctSeries: false)
    #expect(index.update([(0, try .of("a 1\nb 1\n")), (1, try .of("b{x=\"1\"} 1\n"))]) == [0, 1])
    #expect(index.update([(2, try .of("c 1\n"))]) == [2])
    #expect(index.update([(2, try .of("c 1\na 1\n"))]) == [0, 2], "the family of 0 moves")
    #expect(index.update([(2, nil)]) == [0, 2], "and moves back")
    #expect(index.update([(1, nil), (3, nil)]) == [0, 1, 3])
}

@Test func familyIndex_ListsSharedFamiliesByName_WithTheirHeader() throws {
    var index = FamilyIndex(hasDistinctSeries: false)
    let both = "# HELP z Z.\nz 1\n# HELP a A.\n# TYPE a gauge\na 1\nm_count 1\n"
    _ = index.update([(0, try .of(both)), (1, try .of("# TYPE z counter\nz 1\na 1\n" + histogram))])
    let families = index.sharedFamilies
    #expect(families.map(\.name) == ["a", "m", "z"])
    #expect(families.map(\.type) == [.gauge, .histogram, .counter])
    #expect(families.map(\.help) == ["A.", nil, "Z."])
    #expect(families.map { $0.members.map(\.slot).sorted() } == [[0, 1], [0, 1], [0, 1]])
}

/// Sources in slots 10 and above go first, whatever their age.
private let firsts: [(steps: Steps, expected: [String])] = [
    ([(0, gauge), (10, counter)], ["0: m held, type m with 10: 1", "10: m own"]),
    ([(10, counter), (0, gauge)], ["0: m held, type m with 10: 1", "10: m own"]),
    ([(0, gauge), (10, counter), (10, nil)], ["0: m own"]),
    ([(0, "m{x=\"1\"} 1\n"), (10, "m{x=\"1\"} 2\n")], ["0: m shared, series with 10: 1", "10: m shared"]),
    (
        [(0, "m{x=\"1\"} 1\n"), (1, "m{x=\"1\"} 1\n"), (10, "m{x=\"1\"} 2\n")],
        ["0: m shared, series with 10: 1", "1: m shared, series with 10: 1", "10: m shared"]
    ),
    (
        [(0, "m{x=\"1\"} 1\n"), (1, "m{x=\"1\"} 1\n"), (10, "m{x=\"1\"} 2\n"), (10, nil)],
        ["0: m shared", "1: m shared, series with 0: 1"]
    ),
    ([(0, "m_count 1\n"), (10, histogram)], ["0: m_count shared, series with 10: 1", "10: m shared"]),
]

@Test(arguments: firsts.indices)
func sourcesThatGoFirst_AreNotHeldBack(place: Int) throws {
    var index = FamilyIndex(hasDistinctSeries: false)
    var shapes: [Int: ExpositionShape] = [:]
    for step in firsts[place].steps {
        let shape = try step.text.map { try ExpositionShape.of($0) }
        _ = index.update([(step.slot, shape)], first: step.slot >= 10 ? [step.slot] : [])
        shapes[step.slot] = shape
    }
    #expect(shapes.sorted { $0.key < $1.key }.map { index.said(of: $0.key, $0.value) } == firsts[place].expected)
}
