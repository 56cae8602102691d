/// Text 0.0.4 of one source, said in OpenMetrics 1.0.
public struct OpenMetricsForm: Equatable, Sendable {
    /// Where one family lies in `bytes`.
    public struct Family: Equatable, Sendable {
        /// Its TYPE line always, then its HELP line if it has one.
        public var header: Range<Int>
        public var samples: Range<Int>
    }

    /// Without `# EOF`.
    public var bytes: [UInt8]
    /// One for each family of the text, in the same order. They follow each other without a gap.
    public var families: [Family]

    public enum Conversion: Equatable, Sendable {
        case form(OpenMetricsForm)
        /// OpenMetrics has no words for it. The line number is that of the text; column and excerpt are of the form.
        case impossible(Finding)
    }

    /// Converts canonical text: what the repair writes. Anything else is impossible, but never harmful.
    ///
    /// With `# EOF` behind it, the form is valid OpenMetrics 1.0: it is read again before it is handed out.
    /// A counter `a_total` becomes the family `a`; untyped and undeclared families are unknown; milliseconds become
    /// seconds; infinite bounds are written as +Inf; the samples of each metric stand together, the oldest first,
    /// buckets by their bound. Values, and labels otherwise, stay as they are written.
    public static func convert(_ text: UnsafeRawBufferPointer) -> Conversion {
        var converter = OpenMetricsFormConverter(text)
        do throws(OpenMetricsFormConverter.Obstacle) {
            return .form(try converter.run())
        } catch {
            return .impossible(error.finding)
        }
    }
}
