import Testing

@testable import ExporterProxy

struct EventDefinitionsTests {
    private static func file(_ text: String) -> HermesFile { Array(text.utf8).withExactBytes { HermesFile($0) } }

    @Test func fileOfHermes_IsReadWhole() {
        let file = Self.file(
            """
            {"service_name": "testing-service", "LISTEN_PORT": 7790, "listen_address": "127.0.0.1",
             "gauges": [{"metric_name": "g", "metric_description": "a\\nb", "labels": ["x", "y"]}],
             "counters": [{"metric_name": "c", "labels": null}, {"Metric_Name": "d", "metric_description": null}],
             "histograms": null, "summaries": [{"metric_name": "s", "labels": []}]}
            """)
        #expect(file.problems.isEmpty && file.warnings.isEmpty)
        #expect(file.serviceName == "testing-service" && file.listenPort == 7790 && file.listenAddress == "127.0.0.1")
        #expect(
            file.entries.map(\.definition) == [
                EventDefinition(.gauge, "g", help: "a\nb", labels: ["x", "y"]), EventDefinition(.counter, "c"),
                EventDefinition(.counter, "d"), EventDefinition(.summary, "s"),
            ])
        #expect(file.definitions.problems.isEmpty)
        #expect(Self.file("{}").entries.isEmpty && Self.file("{}").problems.isEmpty)
    }

    @Test(arguments: [
        ("", "", "not JSON, byte 0: expected a value (line 1)"), ("[]", "", "expected an object, found an array"),
        ("{\n\"counters\": [\n}", "", "not JSON, byte 16: expected a value (line 3)"),
        (#"{"counters": {}}"#, "counters", "expected an array of objects, found an object"),
        (#"{"counters": [5]}"#, "counters[0]", "expected an object, found a number"),
        (#"{"service_name": 5}"#, "service_name", "expected a string, found a number"),
        (#"{"listen_port": 0}"#, "listen_port", "expected a port"),
        (#"{"gauges": [{"metric_name": 5}]}"#, "gauges[0].metric_name", "expected a string, found a number"),
        (
            #"{"gauges": [{"metric_name": "g", "labels": "x"}]}"#, "gauges[0].labels",
            "expected an array of strings, found a string"
        ),
        (
            #"{"gauges": [{"metric_name": "g", "labels": ["x", null]}]}"#, "gauges[0].labels[1]",
            "expected a string, found null"
        ),
    ])
    func fileThatIsWrong_HasAProblem(text: String, place: String, reason: String) {
        #expect(Self.file(text).problems == [ConfigurationProblem(place, reason)])
    }

    @Test(arguments: [
        (#"{"service": "x"}"#, "service", "unknown key, without effect"),
        (#"{"counter": []}"#, "counter", "unknown key, without effect, did you mean 'counters'?"),
        (
            #"{"counters": [{"metric_name": "c", "label": ["x"]}]}"#, "counters[0].label",
            "unknown key, without effect, did you mean 'labels'?"
        ),
        (
            #"{"histograms": [{"metric_name": "h", "buckets": [1]}]}"#, "histograms[0].buckets",
            "without effect in this file: define the metric in config.toml to give it buckets"
        ),
    ])
    func fileWithMore_HasAWarning(text: String, place: String, reason: String) {
        let file = Self.file(text)
        #expect(file.problems.isEmpty)
        #expect(file.warnings == [ConfigurationProblem(place, reason)])
    }

    @Test(arguments: [
        (#"{"counters": [{}]}"#, "counters[0].metric_name", "there is no name"),
        (
            #"{"counters": [{"metric_name": "a-b"}]}"#, "counters[0].metric_name",
            "'a-b' is no metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)"
        ),
        (
            #"{"counters": [{"metric_name": "0a"}]}"#, "counters[0].metric_name",
            "'0a' is no metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)"
        ),
        (
            #"{"counters": [{"metric_name": "exporter_proxy_x"}]}"#, "counters[0].metric_name",
            "names that begin with exporter_proxy_ are our own"
        ),
        (
            #"{"counters": [{"metric_name": "a", "labels": ["a b"]}]}"#, "counters[0].labels",
            "'a b' is no label name ([a-zA-Z_][a-zA-Z0-9_]*)"
        ),
        (
            #"{"counters": [{"metric_name": "a", "labels": ["__x"]}]}"#, "counters[0].labels",
            "'__x': names that begin with __ are kept for Prometheus"
        ),
        (#"{"counters": [{"metric_name": "a", "labels": ["x", "x"]}]}"#, "counters[0].labels", "'x' is there twice"),
        (
            #"{"histograms": [{"metric_name": "a", "labels": ["le"]}]}"#, "histograms[0].labels",
            "a histogram cannot have a label 'le': it has one itself"
        ),
        (
            #"{"summaries": [{"metric_name": "a", "labels": ["quantile"]}]}"#, "summaries[0].labels",
            "a summary cannot have a label 'quantile': it has one itself"
        ),
        (
            #"{"counters": [{"metric_name": "a"}, {"metric_name": "a"}]}"#, "counters[1].metric_name",
            "there are two metrics 'a'"
        ),
        (
            #"{"counters": [{"metric_name": "a"}], "gauges": [{"metric_name": "a"}]}"#, "gauges[0].metric_name",
            "there are two metrics 'a'"
        ),
        (
            #"{"histograms": [{"metric_name": "a"}], "gauges": [{"metric_name": "a_sum"}]}"#, "gauges[0].metric_name",
            "'a_sum' is a sample of 'a'"
        ),
        (
            #"{"counters": [{"metric_name": "a_count"}], "summaries": [{"metric_name": "a"}]}"#,
            "summaries[0].metric_name", "its sample 'a_count' is a metric too"
        ),
    ])
    func definitionThatCannotBe_HasAProblem(text: String, place: String, reason: String) {
        let file = Self.file(text)
        #expect(file.problems.isEmpty)
        #expect(file.definitions.problems == [ConfigurationProblem(place, reason)])
        #expect(file.definitions.usable.count == file.entries.count - 1)
    }

    @Test(arguments: [
        (EventDefinition(.histogram, "h", buckets: [1, 1]), "histogram[0].buckets", "must be numbers that rise"),
        (EventDefinition(.histogram, "h", buckets: [.nan]), "histogram[0].buckets", "must be numbers that rise"),
        (
            EventDefinition(.summary, "s", objectives: [0.5, 1.5]), "summary[0].objectives",
            "must be at most 64 numbers from 0 to 1 that rise"
        ),
        (EventDefinition(.summary, "s", maxAge: .zero), "summary[0].max_age", "must be a duration above 0"),
        (EventDefinition(.gauge, "g", expireAfter: .zero), "gauge[0].expire_after", "must be a duration above 0"),
    ])
    func valuesThatCannotBe_HaveAProblem(definition: EventDefinition, place: String, reason: String) {
        #expect(EventDefinitions([definition]).problems == [ConfigurationProblem(place, reason)])
    }

    @Test(arguments: [
        ("testing-service", "testing_service_plain_total 1"), ("9 é:a", "_9___a_plain_total 1"),
    ])
    func nameOfTheService_StandsInFront(name: String, line: String) throws {
        var definitions = EventDefinitions(EventDefinition.examples)
        definitions.serviceName = name
        definitions.prefixesServiceName = true
        var bench = EventBench(EventSettings(definitions))
        #expect(definitions.problems.isEmpty)
        bench.take(#"{"metric_name":"plain_total"}"#)
        #expect(try bench.samples() == [line])
        definitions.serviceName = ""
        #expect(definitions.problems.map(\.keyPath) == ["events.prefix_service_name"])
    }

    @Test func configuration_IsReadByItsKeys() {
        let problems = ConfigurationProblems()
        func read(_ kind: EventDefinition.Kind, _ values: [String: ConfigurationValue]) -> EventDefinition {
            EventDefinition(kind, reading: ConfigurationSection("events.x[0]", values, problems))
        }
        #expect(
            read(
                .histogram,
                [
                    "name": .string("h"), "help": .string("H"), "labels": .array([.string("a")]),
                    "buckets": .array([.integer(1), .double(2.5), .double(.infinity)]), "expire_after": .string("1h"),
                ])
                == EventDefinition(
                    .histogram, "h", help: "H", labels: ["a"], buckets: [1, 2.5], expireAfter: .seconds(3600)))
        #expect(
            read(.summary, ["name": .string("s"), "objectives": .array([.double(0.5)]), "max_age": .integer(60)])
                == EventDefinition(.summary, "s", objectives: [0.5], maxAge: .seconds(60)))
        #expect(problems.all.isEmpty)
        _ = read(.counter, ["name": .string("c"), "buckets": .array([]), "labels": .integer(5)])
        #expect(problems.all.map(\.keyPath) == ["events.x[0].labels", "events.x[0].buckets"])
    }
}
