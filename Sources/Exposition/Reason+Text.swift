/// What can be wrong with text 0.0.4. `refusedBy` was tried out on Prometheus 2.42 and its promtool, which know no
/// quoted names; where Prometheus stops reading without a word and loses the rest, it counts as refusing.
extension Reason {
    private static let both: Readers = [.scraper, .expfmt]

    private static func repaired(_ code: String, _ refusedBy: Readers, _ sentence: String, _ remedy: String) -> Reason {
        Reason(code, sentence, remedy: remedy, refusedBy: refusedBy, outcome: .repaired)
    }

    private static func dropped(_ code: String, _ refusedBy: Readers, _ sentence: String, _ remedy: String) -> Reason {
        Reason(code, sentence, remedy: remedy, refusedBy: refusedBy, outcome: .dropped)
    }
}

/// Of lines as such.
extension Reason {
    public static let bom = repaired(
        "bom", both, "a byte order mark stands before the line", "write UTF-8 without a byte order mark")
    public static let crlf = repaired(
        "crlf", both, "the line ends with CR LF", "end lines with LF only")
    public static let missingNewline = repaired(
        "missing_newline", .expfmt, "the last line has no line feed", "end the last line with LF")
    /// Counted, and no finding.
    public static let blankLine = repaired("blank_line", [], "the line is blank", "leave it out")
    /// Counted, and no finding.
    public static let comment = repaired(
        "comment", [], "a comment that is neither HELP nor TYPE is not passed on", "nothing is to be done")
    public static let eofMarker = repaired(
        "eof_marker", [], "# EOF means nothing in text 0.0.4", "leave it out, or send OpenMetrics as such")
    public static let nulInComment = repaired(
        "nul_in_comment", .scraper, "a NUL in a comment: Prometheus silently stops reading here", "leave NUL bytes out")
    public static let leadingBlanks = repaired(
        "leading_blanks", .scraper, "blanks stand before the metric name", "begin the line with the metric name")
    public static let trailingBlanks = repaired(
        "trailing_blanks", .expfmt, "blanks stand at the end of the sample", "end the line after the value or timestamp"
    )
    public static let oddBlanks = repaired(
        "odd_blanks", [], "the parts of the line are not one space apart", "write one space between the parts")
    public static let html = dropped(
        "html", both, "this is HTML and not an exposition", "give the address of the metrics, not of a page")
    public static let nulByte = dropped(
        "nul_byte", both, "a NUL byte; at the start of a line Prometheus silently stops reading",
        "leave NUL bytes out; look for a buffer that is sent beyond its end")
}

/// Of HELP and TYPE.
extension Reason {
    public static let metadataWithoutName = repaired(
        "metadata_without_name", .scraper, "HELP or TYPE is followed by blanks and no name", "leave the line out")
    public static let badMetadataName = dropped(
        "bad_metadata_name", both, "the name after HELP or TYPE is not a metric name",
        "use letters, digits, _ and :, and no digit first")
    public static let badHelpName = dropped(
        "bad_help_name", .expfmt, "the name after HELP goes on with what cannot be in a metric name",
        "use letters, digits, _ and :, and a space behind the name")
    public static let blanksBeforeType = repaired(
        "blanks_before_type", .scraper, "several blanks stand before the type", "write one space before the type")
    public static let blanksAfterType = repaired(
        "blanks_after_type", both, "blanks stand after the type", "end the line after the type")
    public static let typeCase = repaired(
        "type_case", .scraper, "the type has upper-case letters", "write the type in lower case")
    public static let emptyType = repaired(
        "empty_type", .scraper, "TYPE names no type", "write untyped, or leave the line out")
    public static let openMetricsType = repaired(
        "openmetrics_type", both, "the type exists in OpenMetrics only",
        "use counter, gauge, histogram, summary or untyped, or send OpenMetrics as such")
    public static let unknownType = dropped(
        "unknown_type", both, "there is no such type", "use counter, gauge, histogram, summary or untyped")
    public static let unitLine = repaired(
        "unit_line", [], "UNIT means nothing in text 0.0.4", "leave it out, or send OpenMetrics as such")
    public static let repeatedType = repaired(
        "repeated_type", .expfmt, "the family has its TYPE already", "write TYPE once, before the samples")
    public static let repeatedHelp = repaired(
        "repeated_help", .expfmt, "the family has its HELP already", "write HELP once, before the samples")
    public static let typeConflict = dropped(
        "type_conflict", .expfmt, "the family has another TYPE already", "give each name one type")
    public static let helpConflict = dropped(
        "help_conflict", .expfmt, "the family has another HELP already", "give each name one help text")
    public static let typeAfterSamples = repaired(
        "type_after_samples", .expfmt, "TYPE comes after samples of its family", "write TYPE before the samples")
    public static let helpAfterSamples = repaired(
        "help_after_samples", [], "HELP comes after samples of its family", "write HELP before the samples")
    public static let splitFamily = repaired(
        "split_family", [], "the lines of this family are not in one place", "write all lines of a family together")
    public static let helpWithoutText = repaired(
        "help_without_text", [], "HELP has no text", "say what the metric means, or leave the line out")
    public static let helpNotUTF8 = repaired(
        "help_not_utf8", .scraper, "the help text is not UTF-8", "write UTF-8")
    public static let helpEscape = repaired(
        "help_escape", .expfmt, "a backslash in the help text is not part of \\\\ or \\n", "write \\\\ for a backslash")
    public static let suffixTaken = dropped(
        "suffix_taken", .expfmt, "the name belongs to the samples of a histogram or summary",
        "declare the histogram or summary only")
    public static let familyWithoutSuffix = repaired(
        "family_without_suffix", [], "the samples have the suffix of OpenMetrics, the family's name does not",
        "declare the name that the samples have")
}

/// Of samples.
extension Reason {
    public static let badName = dropped(
        "bad_name", both, "no metric name can stand here, or go on like this",
        "use letters, digits, _ and :, and no digit first")
    public static let missingName = dropped(
        "missing_name", both, "the sample has no metric name", "write the metric name before the labels")
    public static let twoNames = dropped(
        "two_names", both, "the sample has two metric names", "write one metric name")
    public static let badQuotedName = dropped(
        "bad_quoted_name", both, "the quoted name is not closed, not UTF-8, empty or has an unknown escape",
        "escape only \\, \" and line feeds, and close the quotes")
    public static let quotedName = repaired(
        "quoted_name", both, "older readers know no quoted names", "use letters, digits and _, and no quotes")
    public static let missingBlank = repaired(
        "missing_blank", [], "no blank stands between name and value", "write a space before the value")
    public static let missingValue = dropped(
        "missing_value", both, "the sample has no value", "write a number after the name and its labels")
    public static let badValue = dropped(
        "bad_value", both, "the value is not a number", "write a decimal number, +Inf, -Inf or NaN")
    public static let valueTooLarge = dropped(
        "value_too_large", both, "the value is too large for a 64-bit float", "write +Inf or -Inf")
    public static let badTimestamp = dropped(
        "bad_timestamp", both, "the timestamp is not a whole number of milliseconds",
        "leave the timestamp out, or write milliseconds since 1970")
    public static let negativeTimestamp = dropped(
        "negative_timestamp", .scraper, "the timestamp is negative", "leave the timestamp out")
    public static let timestampSign = repaired(
        "timestamp_sign", .scraper, "the timestamp has a sign", "write digits only")
    public static let textAfterSample = dropped(
        "text_after_sample", both, "something follows the sample", "end the line after the value or timestamp")
    public static let exemplar = repaired(
        "exemplar", both, "exemplars exist in OpenMetrics only", "leave exemplars out, or send OpenMetrics as such")
    public static let duplicateSeries = dropped(
        "duplicate_series", .expfmt, "an earlier line has this series already", "send each series once")
    public static let badLe = dropped(
        "bad_le", .expfmt, "le of a histogram is not a number", "write the upper bound of the bucket, or +Inf")
    public static let badQuantile = dropped(
        "bad_quantile", .expfmt, "quantile of a summary is not a number", "write a number from 0 to 1")
    public static let negativeCount = dropped(
        "negative_count", .expfmt, "a histogram cannot have counted fewer than 0", "look for a counter that overflowed")
}

/// Of labels.
extension Reason {
    public static let badLabelName = dropped(
        "bad_label_name", both, "no label name can stand here, or go on like this",
        "use letters, digits and _, and no digit first")
    public static let reservedLabel = dropped(
        "reserved_label", both, "__name__ cannot be a label", "write the name before the labels")
    public static let duplicateLabel = dropped(
        "duplicate_label", both, "the sample has this label already", "write each label once")
    public static let missingEquals = dropped(
        "missing_equals", both, "= is missing after the label name", "write name=\"value\"")
    public static let missingQuote = dropped(
        "missing_quote", both, "the label value does not begin with a double quote", "write name=\"value\"")
    public static let unterminatedLabelValue = dropped(
        "unterminated_label_value", both, "the label value is not closed",
        "close it with a double quote, and write \\n for a line feed")
    public static let unterminatedLabels = dropped(
        "unterminated_labels", both, "the labels are not closed", "close the labels with }")
    public static let badLabelSeparator = dropped(
        "bad_label_separator", both, "neither a comma nor } follows the label", "separate labels with commas")
    public static let missingComma = repaired(
        "missing_comma", .expfmt, "a comma is missing between labels", "separate labels with commas")
    public static let labelNotUTF8 = dropped(
        "label_not_utf8", both, "the label value is not UTF-8", "write UTF-8")
    public static let labelEscape = repaired(
        "label_escape", .expfmt, "a backslash in the label value is not part of \\\\, \\\" or \\n",
        "write \\\\ for a backslash")
    public static let rawNewline = repaired(
        "raw_newline", .expfmt, "the label value has a line feed", "write \\n for a line feed")
}

/// Of limits.
extension Reason {
    public static let tooManyLabels = dropped(
        "too_many_labels", [], "the sample has more labels than the limit", "use fewer labels, or raise the limit")
    public static let nameTooLong = dropped(
        "name_too_long", [], "a name is longer than the limit", "use a shorter name, or raise the limit")
    public static let valueTooLong = dropped(
        "value_too_long", [], "a label value is longer than the limit", "use a shorter value, or raise the limit")
    public static let tooManyBytes = dropped(
        "too_many_bytes", [], "the exposition has more bytes than the limit", "send less, or raise the limit")
    public static let tooManySeries = dropped(
        "too_many_series", [], "the exposition has more series than the limit", "send less, or raise the limit")
    public static let tooManyFamilies = dropped(
        "too_many_families", [], "the exposition has more families than the limit", "send less, or raise the limit")
}
