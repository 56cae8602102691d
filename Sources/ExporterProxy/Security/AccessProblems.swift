/// All that is wrong with files of users and tokens, one line each, with file and line.
package struct AccessProblems: Error, Equatable, CustomStringConvertible {
    package var lines: [String]

    package init(_ lines: [String]) { self.lines = lines }

    package var description: String { lines.joined(separator: "; ") }
}
