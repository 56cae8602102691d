import Testing

@testable import ExporterProxy

private func exporter(_ pathAndQuery: String, labels: [String: String] = [:], isSecure: Bool = false) -> PolledExporter
{
    PolledExporter(
        name: "n", address: "external_poll: h:1", hostPort: HostPort(host: "h", port: 1), isSecure: isSecure,
        pathAndQuery: pathAndQuery, labels: labels)
}

/// The labels but `app` and `__scheme__`, as `name=value`.
private func labels(_ pathAndQuery: String) -> [String]? {
    exporter(pathAndQuery).target?.labels.filter { !["app", "__scheme__"].contains($0.name) }
        .map { "\($0.name)=\($0.value)" }
}

@Test(arguments: [
    ("", ["__metrics_path__=/"]), ("/", ["__metrics_path__=/"]), ("/metrics", ["__metrics_path__=/metrics"]),
    ("/a%20b%3F%23%25", ["__metrics_path__=/a b?#%"]), ("//a/../b/", ["__metrics_path__=//a/../b/"]),
    ("/%C3%A9", ["__metrics_path__=/é"]), ("/a+b", ["__metrics_path__=/a+b"]), ("/m?", ["__metrics_path__=/m"]),
    ("?x=1", ["__metrics_path__=/", "__param_x=1"]),
    (
        "/probe?target=http%3A%2F%2Fh%3A1%2F%3Fa%3Db&module=http_2xx",
        [
            "__metrics_path__=/probe", "__param_module=http_2xx", "__param_target=http://h:1/?a=b",
        ]
    ),
    ("/m?a=b+c%2B&1_A==", ["__metrics_path__=/m", "__param_1_A==", "__param_a=b c+"]),
    ("/m?a=1&&b=2", ["__metrics_path__=/m", "__param_a=1", "__param_b=2"]),
])
func aURL_IsSaidInLabels(pathAndQuery: String, expected: [String]) {
    #expect(labels(pathAndQuery) == expected)
    #expect(exporter(pathAndQuery).obstacle == nil)
}

@Test(arguments: [
    ("/a%2Fb", "its path has an encoded slash"), ("/a%2fb", "its path has an encoded slash"),
    ("/%FF", "its path is not UTF-8"), ("/%4", "its path is not UTF-8"), ("/m?a=%FF", "its query is not UTF-8"),
    ("/m?%=1", "its query is not UTF-8"),
    ("/m?collect[]=cpu", "the name of its parameter 'collect[]' is not one of a label"),
    ("/m?collect%5B%5D=cpu", "the name of its parameter 'collect[]' is not one of a label"),
    ("/m?=1", "the name of its parameter '' is not one of a label"),
    ("/m?a%0A=1", "the name of its parameter 'a\\n' is not one of a label"),
    ("/m?a=1&b=2&a=1", "its parameter 'a' comes more than once"), ("/m?a", "its parameter 'a' has no value"),
    ("/m?a=", "its parameter 'a' has no value"),
])
func aURL_ThatLabelsCannotSay_IsNoTarget(pathAndQuery: String, obstacle: String) {
    #expect(exporter(pathAndQuery).target == nil && exporter(pathAndQuery).obstacle == obstacle)
}

@Test func aPolledExporter_HasItsLabels_ButNoneThatSteers() throws {
    let labels = ["site": "north", "app": "other", "__scheme__": "ftp", "__address__": "x:1", "job": "j"]
    let target = try #require(exporter("/m", labels: labels, isSecure: true).target)
    #expect(target.address.description == "h:1")
    #expect(target.labels.map(\.name) == ["__metrics_path__", "__scheme__", "app", "job", "site"])
    #expect(target.labels.map(\.value) == ["/m", "https", "n", "j", "north"])
}

@Test func thePollTargetsOfTheConfiguration_AreExporters_WithoutTheirSecrets() throws {
    let problems = ConfigurationProblems()
    let toml = """
        [poll_external]
        other_scrape_endpoints = ["http://127.0.0.1:9100"]
        [[poll_external.target]]
        name = "db"
        url = "https://[::1]/metrics?a=b#c"
        labels = { site = "north" }
        headers = { X-Secret = "hidden" }
        basic_auth = { username = "hidden", password = "hidden" }
        """
    let configuration = RootConfiguration(try TOMLFile(toml).values, problems)
    #expect(problems.all.isEmpty)
    let exporters = configuration.polledExporters
    #expect(exporters.map(\.name) == ["external_poll: 127.0.0.1:9100", "db"])
    #expect(exporters.map(\.address) == ["external_poll: 127.0.0.1:9100", "external_poll: [::1]:443"])
    let json = OwnTarget.json(exporters.compactMap(\.target))
    #expect(
        json == """
            [{"targets": ["127.0.0.1:9100"], "labels": {"__metrics_path__": "/", "__scheme__": "http", \
            "app": "external_poll: 127.0.0.1:9100"}},
             {"targets": ["[::1]:443"], "labels": {"__metrics_path__": "/metrics", "__param_a": "b", \
            "__scheme__": "https", "app": "db", "site": "north"}}]

            """)
}
