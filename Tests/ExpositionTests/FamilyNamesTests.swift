import Testing

@testable import Exposition

@Suite struct FamilyNamesTests {
    private enum Step {
        case add(String)
        case declare(String, FamilyNames.Suffixes)
    }

    @Test(
        arguments: [
            ([.add("a"), .add("b")], true), ([.add("a"), .add("a")], false),
            ([.add("a"), .declare("a", .none), .add("a_sum"), .add("a_count"), .add("a_bucket")], true),
            ([.add("a"), .declare("a", .summary), .add("a_sum")], false),
            ([.add("a"), .declare("a", .summary), .add("a_count")], false),
            ([.add("a"), .declare("a", .summary), .add("a_bucket")], true),
            ([.add("a"), .declare("a", .histogram), .add("a_sum")], false),
            ([.add("a"), .declare("a", .histogram), .add("a_count")], false),
            ([.add("a"), .declare("a", .histogram), .add("a_bucket")], false),
            (
                [
                    .add("a"), .declare("a", .histogram), .add("a_"), .add("a_sums"), .add("_sum"), .add("ab_sum"),
                    .add("_bucket"),
                ], true
            ),
            ([.add("a_sum"), .add("a"), .declare("a", .none)], true),
            ([.add("a_sum"), .add("a"), .declare("a", .summary)], false),
            ([.add("a_count"), .add("a"), .declare("a", .histogram)], false),
            ([.add("a_bucket"), .add("a"), .declare("a", .histogram)], false),
            ([.add("a_bucket"), .add("a"), .declare("a", .summary)], true),
            ([.add("a_sum_sum"), .add("a"), .declare("a", .summary)], true),
            ([.add("a"), .declare("a", .summary), .add("a_sum_count")], true),
        ] as [([Step], Bool)])
    private func names_AreTakenOnce(_ steps: [Step], isTaken: Bool) {
        var names = FamilyNames(hash: .ofThisProcess)
        let taken = steps.map { step in
            switch step {
            case .add(let name): withExactCopy(name.utf8) { names.add($0) }
            case .declare(let name, let suffixes): withExactCopy(name.utf8) { names.declare($0, suffixes) }
            }
        }
        #expect(!taken.contains(false) == isTaken)
        #expect(!taken.dropLast().contains(false), "only the last step is refused")
    }
}
