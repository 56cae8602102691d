import Glibc

enum ProcessEnvironment {
    /// The variables of this process.
    static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let sides = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2 { variables[String(sides[0])] = String(sides[1]) }
            next += 1
        }
        return variables
    }
}
