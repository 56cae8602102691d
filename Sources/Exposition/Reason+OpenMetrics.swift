/// Why a body is no OpenMetrics 1.0. The model keeps what is `.repaired`, and lacks what is `.dropped`.
extension Reason {
    enum OpenMetrics {
        // The body as a whole.
        static let endMissing = reason(
            "om_end_missing", "the body does not end with `# EOF`",
            remedy: "Write `# EOF` as the last line; without it nobody can tell a cut body from a whole one", .dropped)
        static let textAfterEnd = reason(
            "om_text_after_end", "there is text after `# EOF`",
            remedy: "Write `# EOF` once, at the very end", .repaired)
        static let blankLine = reason(
            "om_blank_line", "the line is blank",
            remedy: "Leave blank lines out", .repaired)
        static let carriageReturn = reason(
            "om_carriage_return", "the line ends with a carriage return",
            remedy: "End lines with a line feed alone", .repaired)
        static let byteOrderMark = reason(
            "om_byte_order_mark", "the body begins with a byte order mark",
            remedy: "Write UTF-8 without a byte order mark", .repaired)
        static let invalidUTF8 = reason(
            "om_invalid_utf8", "there is a byte that is not UTF-8",
            remedy: "Write UTF-8", .dropped)
        static let comment = reason(
            "om_comment", "the line begins with # and is neither HELP, TYPE, UNIT nor `# EOF`",
            remedy: "Leave comments out: OpenMetrics has none", .repaired)

        // Metadata.
        static let metadataSyntax = reason(
            "om_metadata_syntax", "the line is not `# WORD name text` with exactly these blanks",
            remedy: "Write one blank between the parts, and none at the end", .dropped)
        static let metadataRepeated = reason(
            "om_metadata_repeated", "the family has this kind of line already",
            remedy: "Write HELP, TYPE and UNIT once for each family", .repaired)
        static let metadataAfterSamples = reason(
            "om_metadata_after_samples", "the line comes after samples of its family",
            remedy: "Write HELP, TYPE and UNIT before the samples", .repaired)
        static let type = reason(
            "om_type",
            "the type is not one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown",
            remedy: "Choose one of these, in lower case; for untyped write unknown", .repaired)
        static let unitNotSuffix = reason(
            "om_unit_not_suffix", "the name of the family does not end with an underscore and the unit",
            remedy: "Put the unit at the end of the name, such as request_seconds for seconds", .repaired)
        static let unitForbidden = reason(
            "om_unit_forbidden", "a family of type info or stateset has a unit",
            remedy: "Leave the UNIT line out", .repaired)

        // Families.
        static let familySplit = reason(
            "om_family_split", "the family was left and is continued here",
            remedy: "Write all lines of a family one after the other", .repaired)
        static let nameClash = reason(
            "om_name_clash", "another family has, or may have, samples of this name",
            remedy: "Rename one of the two families", .repaired)
        static let sampleName = reason(
            "om_sample_name", "the name is not one that samples of this type may have",
            remedy: "Add the ending that the type asks for, such as _total for a counter", .repaired)

        // The syntax of samples.
        static let metricName = reason(
            "om_metric_name", "this is no metric name",
            remedy: "Use letters, digits, underscores and colons, and no digit first", .dropped)
        static let quotedName = reason(
            "om_quoted_name", "a name stands in quotes, which OpenMetrics 1.0 does not know",
            remedy: "Use a name of letters, digits and underscores", .dropped)
        static let blanks = reason(
            "om_blanks", "there is not exactly one blank where one belongs",
            remedy: "Write one blank between the parts of a line, none elsewhere, and no tabs", .dropped)
        static let labelName = reason(
            "om_label_name", "this is no label name",
            remedy: "Use letters, digits and underscores, and no digit first", .dropped)
        static let labelSyntax = reason(
            "om_label_syntax", "the labels are not name=\"value\", separated by single commas",
            remedy: "Write each label as name=\"value\", with commas between them only", .dropped)
        static let labelUnclosed = reason(
            "om_label_unclosed", "the labels or a label value are not closed",
            remedy: "Close the quotes and the brace; write a line feed in a value as \\n", .dropped)
        static let labelRepeated = reason(
            "om_label_repeated", "a label occurs twice in one sample",
            remedy: "Write each label once", .dropped)
        static let labelReserved = reason(
            "om_label_reserved", "the label has a meaning of its own and cannot be used here",
            remedy: "Rename the label", .dropped)
        static let valueMissing = reason(
            "om_value_missing", "there is no value",
            remedy: "Write a number after the name or the labels", .dropped)
        static let value = reason(
            "om_value", "the value is not a number",
            remedy: "Write a decimal number, +Inf, -Inf or NaN", .dropped)
        static let numberTooLarge = reason(
            "om_number_too_large", "the number does not fit into 64 bits of floating point",
            remedy: "Write +Inf, or a smaller number", .dropped)
        static let timestamp = reason(
            "om_timestamp", "the timestamp is not a decimal number",
            remedy: "Write seconds since 1970, or nothing", .dropped)
        static let trailingText = reason(
            "om_trailing_text", "the line goes on where it should end",
            remedy: "Write a value, a timestamp at most, and an exemplar at most", .dropped)

        // Exemplars.
        static let exemplarSyntax = reason(
            "om_exemplar_syntax", "the exemplar is not `# {labels} value timestamp`",
            remedy: "Write it with exactly these blanks; the braces are needed also without labels", .dropped)
        static let exemplarNull = reason(
            "om_exemplar_null",
            "there is a NUL byte in a label of an exemplar, for which Prometheus refuses the body",
            remedy: "Leave it out", .dropped)
        static let exemplarForbidden = reason(
            "om_exemplar_forbidden", "an exemplar stands at a sample that can have none",
            remedy: "Give exemplars only to _total of counters and _bucket of histograms", .repaired)
        static let exemplarTooLong = reason(
            "om_exemplar_too_long", "the labels of the exemplar have more than 128 characters",
            remedy: "Shorten them", .repaired)
        static let exemplarOutsideBucket = reason(
            "om_exemplar_outside_bucket", "the value of the exemplar is above the bound of its bucket",
            remedy: "Give the exemplar to the bucket that holds its value", .repaired)

        // Metrics and their points.
        static let metricInterleaved = reason(
            "om_metric_interleaved", "the metric was left and is continued here",
            remedy: "Write all samples of one label set one after the other", .repaired)
        static let sampleRepeated = reason(
            "om_sample_repeated", "the metric has this sample already",
            remedy: "Write each sample once", .repaired)
        static let timestampMixed = reason(
            "om_timestamp_mixed", "some samples of the metric have a timestamp and some have none",
            remedy: "Give all of them one, or none", .repaired)
        static let timestampBackwards = reason(
            "om_timestamp_backwards", "the timestamp is before that of the sample before",
            remedy: "Write the samples of a metric in the order of time", .repaired)

        // Values.
        static let valueNotANumber = reason(
            "om_value_nan", "the value is NaN where something is counted",
            remedy: "Leave the sample out until there is a number", .repaired)
        static let valueNegative = reason(
            "om_value_negative", "the value is negative where it cannot be",
            remedy: "Use a gauge for what can be negative", .repaired)
        static let valueNotWhole = reason(
            "om_value_not_whole", "a count is not a whole number",
            remedy: "Write a whole number", .repaired)
        static let createdValue = reason(
            "om_created_value", "the time of creation is not a time",
            remedy: "Write seconds since 1970, or leave the sample out", .repaired)
        static let totalMissing = reason(
            "om_total_missing", "a metric of a counter has no sample that ends with _total",
            remedy: "Write the _total sample", .repaired)
        static let infoValue = reason(
            "om_info_value", "the value of an info is not 1",
            remedy: "Write 1", .repaired)
        static let stateValue = reason(
            "om_state_value", "the value of a state is neither 0 nor 1",
            remedy: "Write 1 for the states that hold and 0 for the others", .repaired)
        static let stateMissing = reason(
            "om_state_missing", "the sample has no label that is named like its family and holds the state",
            remedy: "Add this label", .repaired)

        // Summaries and histograms.
        static let quantileMissing = reason(
            "om_quantile_missing", "the sample of a summary has no label quantile",
            remedy: "Add it, or end the name with _sum or _count", .repaired)
        static let quantile = reason(
            "om_quantile", "the quantile is not a number from 0 to 1",
            remedy: "Write such as quantile=\"0.99\"", .repaired)
        static let boundMissing = reason(
            "om_le_missing", "the bucket has no label le",
            remedy: "Add it: le=\"+Inf\" for the bucket that holds all", .repaired)
        static let bound = reason(
            "om_le", "the bound of the bucket is not a number",
            remedy: "Write such as le=\"0.5\", or le=\"+Inf\"", .repaired)
        static let boundInfinity = reason(
            "om_le_infinity", "the bound that holds all is not written as +Inf",
            remedy: "Write le=\"+Inf\"", .repaired)
        static let bucketOrder = reason(
            "om_bucket_order", "the bound is below that of the bucket before",
            remedy: "Write the buckets of a metric in the order of le", .repaired)
        static let bucketRepeated = reason(
            "om_bucket_repeated", "the metric has this bucket already",
            remedy: "Write each bucket once", .repaired)
        static let bucketDecreases = reason(
            "om_bucket_decreases", "the bucket holds less than the one before",
            remedy: "Count in each bucket all values up to its bound", .repaired)
        static let infinityMissing = reason(
            "om_infinity_missing", "the histogram has no bucket le=\"+Inf\"",
            remedy: "Write the bucket that holds all values", .repaired)
        static let countMismatch = reason(
            "om_count_mismatch", "the count differs from the bucket le=\"+Inf\"",
            remedy: "Write the same number for both", .repaired)
        static let countWithoutSum = reason(
            "om_count_without_sum", "there is a count and no sum",
            remedy: "Write both, or neither", .repaired)
        static let sumWithoutCount = reason(
            "om_sum_without_count", "there is a sum and no count",
            remedy: "Write both, or neither", .repaired)
        static let sumWithNegativeBuckets = reason(
            "om_sum_with_negative_buckets", "there is a sum although a bucket holds negative values",
            remedy: "Leave out _sum and _count: this sum can decrease", .repaired)

        // What cannot be said in OpenMetrics.
        static let counterWithoutTotal = reason(
            "om_counter_without_total", "the name of the counter does not end with _total",
            remedy: "Add _total to its name", .repaired)
        static let notCanonical = reason(
            "om_not_canonical", "the line is not in the form that the repair writes",
            remedy: "Report it: this is a mistake of the program", .repaired)

        private static func reason(
            _ code: String, _ sentence: String, remedy: String, _ outcome: Outcome
        ) -> Reason {
            Reason(code, sentence, remedy: remedy, refusedBy: .openMetrics, outcome: outcome)
        }
    }
}
