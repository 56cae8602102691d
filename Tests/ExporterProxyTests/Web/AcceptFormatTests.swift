import Testing

@testable import ExporterProxy

@Test(
    arguments: [
        ([], false), ([""], false), (["*/*"], false), (["text/plain"], false), (["text/html, */*;q=0.8"], false),
        (["application/openmetrics-text"], true), (["application/openmetrics-text; version=1.0.0"], true),
        (["application/openmetrics-text;version=0.0.1"], true), (["APPLICATION/OpenMetrics-Text;VERSION=1.0.0"], true),
        (["application/openmetrics-text;version=2.0.0"], false), (["application/openmetrics-text;q=0"], false),
        (["application/openmetrics-text;q=x"], false), (["application/openmetrics-text;q=2"], false),
        // Prometheus 2.42, and 3.x with and without protobuf.
        (
            [
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
            ], true
        ),
        (
            [
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            ], true
        ),
        (["application/openmetrics-text;q=0.5, text/plain;q=0.9"], false),
        (["application/openmetrics-text;q=0.5, text/plain;q=0.5"], true),
        (["application/openmetrics-text;q=0.5, text/*"], false),
        (["text/plain;q=0", "application/openmetrics-text;q=0.1"], true),
        ([" application/openmetrics-text ; q=0.9 , , text/plain ; q=0.1"], true),
        (["application/openmetrics-textual"], false),
        ([",,;;q=1"], false),
    ] as [([String], Bool)])
func acceptFormat_IsOpenMetrics_WhereThatIsPreferred(values: [String], prefers: Bool) {
    #expect(AcceptFormat.prefersOpenMetrics(values) == prefers)
}
