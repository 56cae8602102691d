/// The ASCII table of `/apps`, drawn as the original draws it: a one-column table of two rows, of which the second
/// holds the table of sources.
package enum AppsTable {
    package struct Row: Equatable, Sendable {
        package var name: String
        package var lastUpdate: String
        package var source: String

        package init(name: String, lastUpdate: String, source: String) {
            self.name = name
            self.lastUpdate = lastUpdate
            self.source = source
        }

        fileprivate var cells: [String] { [name, lastUpdate, source].map(EscapedText.visible) }
    }

    private static let header = ["App Name", "Last Update Time (UTC)", "Source"]

    package static func draw(_ rows: [Row], at now: Timestamp) -> String {
        draw([["Current time: \(now.tableText)"], [draw([header] + rows.map(\.cells))]])
    }

    /// Rows of cells, a line after each row; a cell of several lines makes its row so high.
    private static func draw(_ rows: [[String]]) -> String {
        let cells = rows.map { $0.map { $0.split(separator: "\n").map(String.init) } }
        let widths = (0..<(cells.first?.count ?? 0)).map { column in
            cells.flatMap { $0[column] }.reduce(0) { max($0, DisplayWidth.of($1)) }
        }
        let border = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined() + "\n"
        return cells.reduce(into: border) { drawing, row in
            let height = row.reduce(1) { max($0, $1.count) }
            for line in 0..<height {
                drawing += "|"
                for (column, cell) in row.enumerated() {
                    let text = line < cell.count ? cell[line] : ""
                    let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(text))
                    drawing += " \(text)\(padding) |"
                }
                drawing += "\n"
            }
            drawing += border
        }
    }
}
