import Testing

@testable import ExporterProxy

private func read(
    _ text: String, _ format: TargetList.Format = .json
) -> (list: TargetList?, problems: [TargetProblem]) {
    TargetList.read(Array(text.utf8), format)
}

private func json(_ text: String, _ format: TargetList.Format = .json) -> String? {
    read(text, format).list.map { String(decoding: $0.json, as: UTF8.self) }
}

struct TargetListTests {
    @Test(arguments: [
        ("[]", ""), (" [ ]\n", ""), (#"[{"targets":[]}]"#, #"{"targets":[]}"#),
        (#"[{"targets":["a:1","b:2"]}]"#, #"{"targets":["a:1","b:2"]}"#),
        (
            #"[{"labels":{"b":"2","a":"1","_":""},"targets":["a:1"]}]"#,
            #"{"targets":["a:1"],"labels":{"_":"","a":"1","b":"2"}}"#
        ),
        (
            #"[{"targets":["a:1"]},{"targets":["a:1"]}]"#,
            #"{"targets":["a:1"]},{"targets":["a:1"]}"#
        ),
        (#"{"targets":["a:1"],"labels":{}}"#, #"{"targets":["a:1"],"labels":{}}"#),
        (#"[{"targets":["a:1"],"labels":null}]"#, #"{"targets":["a:1"],"labels":{}}"#),
        (#"[{"targets":["a:1"],"labels":{"a":null,"b":"c"}}]"#, #"{"targets":["a:1"],"labels":{"b":"c"}}"#),
        (#"[{"Targets":["a:1"],"LABELS":{"A":"b"}}]"#, #"{"targets":["a:1"],"labels":{"A":"b"}}"#),
        (
            #"[{"targets":["a:1"],"labels":{"a":"é\u20ac\n\"\\\u0000\u007f"}}]"#,
            #"{"targets":["a:1"],"labels":{"a":"é€\n\"\\\u0000\u007f"}}"#
        ),
        (#"[{"targets":["a:1"],"labels":{"__name__":"x"}}]"#, #"{"targets":["a:1"],"labels":{"__name__":"x"}}"#),
    ])
    func aList_IsWrittenInOneWay(text: String, expected: String) {
        #expect(json(text) == expected)
        #expect(read(text).problems == [])
    }

    @Test(arguments: [
        (
            "- targets: [a:1, 'b:2']\n  labels: {job: node, b: \"5\"}\n",
            #"{"targets":["a:1","b:2"],"labels":{"b":"5","job":"node"}}"#
        ),
        ("targets:\n- 10.0.0.1:9100\n", #"{"targets":["10.0.0.1:9100"]}"#),
        ("[]\n", ""), ("--- []\n", ""),
        ("- targets: []\n  labels:\n", #"{"targets":[],"labels":{}}"#),
        ("- targets: [a:1]\n  labels:\n    a: ~\n    b:\n    c: x\n", #"{"targets":["a:1"],"labels":{"c":"x"}}"#),
        (
            "- &a\n  targets: ['a:1']\n  labels: {j: x}\n- <<: *a\n  targets: ['b:1']\n",
            #"{"targets":["a:1"],"labels":{"j":"x"}},{"targets":["b:1"],"labels":{"j":"x"}}"#
        ),
        (
            "- targets: &t [a:1]\n  labels: &l {a: b}\n- targets: *t\n  labels: {<<: *l, c: d}\n",
            #"{"targets":["a:1"],"labels":{"a":"b"}},{"targets":["a:1"],"labels":{"a":"b","c":"d"}}"#
        ),
        (
            "- targets: [a:1]\n  labels: {a: !!str 5, b: 1e5, c: v1.2, d: 10.0.0.1}\n",
            #"{"targets":["a:1"],"labels":{"a":"5","b":"1e5","c":"v1.2","d":"10.0.0.1"}}"#
        ),
    ])
    func aListInYAML_IsTheSameAsInJSON(text: String, expected: String) {
        #expect(json(text, .yaml) == expected)
        #expect(read(text, .yaml).problems == [])
    }

    @Test func targets_AreCounted() {
        #expect(read(#"[{"targets":["a:1","b:1"]},{"targets":[]},{"targets":["a:1"]}]"#).list?.targetCount == 3)
    }

    /// Of an own list too, whatever order it is made in.
    @Test func labels_AreSortedByTheirBytes() {
        let group = TargetGroup(targets: ["a:1"], labels: [.init("b", "1"), .init("_", "2"), .init("B", "3")])
        #expect(group.labels?.map(\.name) == ["B", "_", "b"])
    }

    // MARK: Refusals

    /// Where, what, and what Prometheus would say.
    @Test(arguments: [
        ("", "", "nothing in it", "drop those"), (" \n", "", "nothing in it", "drop those"),
        ("null", "line 1", "null", "drop those"),
        ("[", "line 1", "cannot be read as JSON", "keeps the targets"),
        ("[]\n[]", "line 2", "something stands behind its end", "keeps the targets"),
        (#"[{"targets":["a:1"],"labels":{"a":NaN}}]"#, "line 1", "NaN and Infinity are no JSON", "keeps"),
        (
            "\"a:1\"", "line 1", "a list of groups is expected, found the text 'a:1'",
            "cannot unmarshal string into Go value of type []"
        ),
        ("5", "line 1", "found the number 5", "cannot unmarshal number"),
        ("true", "line 1", "the boolean true", "cannot unmarshal bool"),
        ("[null]", "line 1, group 1", "a group is expected, found null", "nil target group item found"),
        (
            "[\n\"a:1\"]", "line 2, group 1", "a group is expected, found the text 'a:1'",
            "cannot unmarshal string into Go value of type struct"
        ),
        ("[[]]", "line 1, group 1", "found a list", "cannot unmarshal array"),
        (#"{"error":"cache miss"}"#, "line 1, group 1", "unknown key 'error'", "json: unknown field \"error\""),
        ("[{\"targets\":[]},\n{}]", "line 2, group 2", "the group has no targets", "without any"),
        (#"[{"targets":null}]"#, "line 1, group 1", "the targets are null", "without any"),
        (
            #"[{"targets":"a:1"}]"#, "line 1, group 1", "targets must be a list, found the text 'a:1'",
            "struct field .targets of type []string"
        ),
        (
            #"[{"targets":{"a":1}}]"#, "line 1, group 1", "targets must be a list, found a mapping",
            "cannot unmarshal object"
        ),
        (
            #"[{"targets":["a:1",9100]}]"#, "line 1, group 1, target 2",
            "a target must be a string, found the number 9100",
            "cannot unmarshal number into Go struct field .targets of type string"
        ),
        (#"[{"targets":[["a:1"]]}]"#, "line 1, group 1, target 1", "found a list", "cannot unmarshal array"),
        (#"[{"targets":[null]}]"#, "line 1, group 1, target 1", "a target is empty", "no address"),
        (#"[{"targets":[""]}]"#, "line 1, group 1, target 1", "a target is empty", "no address"),
        (
            #"[{"targets":[],"labels":["a","b"]}]"#, "line 1, group 1",
            "labels must be a mapping of names to strings, found a list",
            "cannot unmarshal array into Go struct field .labels"
        ),
        (#"[{"targets":[],"labels":"a"}]"#, "line 1, group 1", "found the text 'a'", "cannot unmarshal string"),
        (
            "[{\"targets\":[],\"labels\":{\n\"a\":5}}]", "line 2, group 1",
            "the value of label 'a' must be a string, found the number 5",
            "cannot unmarshal number into Go struct field .labels of type model.LabelValue"
        ),
        (
            #"[{"targets":[],"labels":{"a":true}}]"#, "line 1, group 1", "found the boolean true",
            "cannot unmarshal bool"
        ),
        (#"[{"targets":[],"labels":{"a":["b"]}}]"#, "line 1, group 1", "found a list", "cannot unmarshal array"),
        (
            #"[{"targets":[],"labels":{"a-b":"c"}}]"#, "line 1, group 1", "'a-b' is no label name",
            "\"a-b\" is not a valid label name"
        ),
        (#"[{"targets":[],"labels":{"":"c"}}]"#, "line 1, group 1", "'' is no label name", "not a valid label name"),
        (
            #"[{"targets":[],"labels":{"1a":"c"}}]"#, "line 1, group 1", "'1a' is no label name",
            "not a valid label name"
        ),
        (#"[{"targets":[],"labels":{"é":null}}]"#, "line 1, group 1", "'é' is no label name", "not a valid label name"),
    ])
    func aListThatIsNone_IsRefused(text: String, place: String, reason: String, consequence: String) throws {
        let (list, problems) = read(text)
        let problem = try #require(problems.first)
        #expect(list == nil && problem.severity == .refused && problem.place == place, "\(problem)")
        #expect(problem.reason.contains(reason) && problem.consequence.contains(consequence), "\(problem)")
    }

    /// What readers of YAML make of text without quotes.
    @Test(arguments: [
        ("- targets: [a:1]\n  labels: {a: 5}\n", "line 2, group 1", "found the number 5", "put it in quotes: \"5\""),
        (
            "- targets: [a:1]\n  labels:\n    a: on\n", "line 3, group 1", "found the boolean on",
            "put it in quotes: \"on\""
        ),
        ("- targets: [a:1]\n  labels: {a: 1.0}\n", "line 2, group 1", "found the number 1.0", "\"1.0\""),
        (
            "- targets: [a:1]\n  labels: {a: 2024-01-01}\n", "line 2, group 1", "2024-01-01, which is no text in YAML",
            "\"2024-01-01\""
        ),
        ("- targets: [a:1]\n  labels: {a: 12:30}\n", "line 2, group 1", "found the number 12:30", "\"12:30\""),
        ("- targets: [a:1]\n  labels: {a: =}\n", "line 2, group 1", "=, which is no text", "\"=\""),
        ("- targets: [a:1]\n  labels: {on: a}\n", "line 2, group 1", "the label name on is no text", "\"on\""),
        ("- targets: [a:1]\n  labels: {null: a}\n", "line 2, group 1", "the label name null is no text", "\"null\""),
        (
            "- targets: [9100]\n", "line 1, group 1, target 1", "found the number 9100",
            "a port alone is no target: write \"node1:9100\""
        ),
        ("- targets: [yes]\n", "line 1, group 1, target 1", "found the boolean yes", "write host:port in quotes"),
        ("- targets: [~]\n", "line 1, group 1, target 1", "a target is empty", "leave it out"),
        ("- targets:\n", "line 1, group 1", "the targets are null", "write []"),
        ("- a:1\n", "line 1, group 1", "a group is expected, found the text 'a:1'", #"write {"targets": ["a:1"]}"#),
        ("# nothing\n", "", "nothing in it", "write []"), ("~\n", "line 1", "null", "write []"),
        ("- targets: [a:1]\n---\n- targets: [b:1]\n", "line 2", "a second document", ""),
        ("- targets: [a:1]\n  targets: [b:1]\n", "line 2", "the key 'targets' comes twice", ""),
        ("- targets: !!python/object/apply:os.system [ls]\n", "line 1", "this tag is not read", ""),
        ("- targets: [*a]\n", "line 1", "has no anchor", ""),
    ])
    func yamlThatIsNoList_IsRefused(text: String, place: String, reason: String, advice: String) throws {
        let (list, problems) = read(text, .yaml)
        let problem = try #require(problems.first)
        #expect(list == nil && problem.severity == .refused && problem.place == place, "\(problem)")
        #expect(problem.reason.contains(reason), "\(problem)")
        #expect(advice.isEmpty ? problem.advice.isEmpty : problem.advice.contains(advice), "\(problem)")
    }

    @Test(arguments: [
        (#"[{"target":["a:1"]}]"#, "write 'targets'"), (#"[{"targets":[],"lables":{}}]"#, "write 'labels'"),
        (#"[{"targets":[],"job":"x"}]"#, "put it below labels"),
        (#"[{"targets":[],"labels":{"a-b":"c"}}]"#, "write 'a_b'"),
        (#"[{"targets":[],"labels":{"9 é":"c"}}]"#, "write '_9__'"),
        (#"[{"targets":"a:1"}]"#, #"write "targets": ["a:1"]"#),
        (#"[{"targets":[],"labels":{"a":5}}]"#, "put it in quotes: \"5\""),
        (#"[{"targets":[],"labels":{"a":{}}}]"#, "a label has one value"),
        (#"[{"targets":[],"labels":["a"]}]"#, #"write "labels": {"job": "node"}"#),
        (#"["a:1"]"#, #"write {"targets": ["a:1"]}"#), (#"[{"targets":[9100]}]"#, "\"node1:9100\""),
    ])
    func aProblem_SaysHowToMendIt(text: String, advice: String) throws {
        let problem = try #require(read(text).problems.first)
        #expect(problem.advice.contains(advice) && problem.description.hasSuffix(problem.advice), "\(problem)")
    }

    @Test func bytesThatAreNotUTF8_AreRefused() throws {
        let bytes = Array(#"[{"targets":["a:1"],"labels":{"n":""#.utf8) + [0xFF] + Array(#""}}]"#.utf8)
        for format in [TargetList.Format.json, .yaml] {
            let (list, problems) = TargetList.read(bytes, format)
            #expect(list == nil && problems.count == 1 && problems[0].reason.contains("not UTF-8"))
        }
    }

    @Test func allProblems_AreFound_InTheirOrder() {
        let text = """
            [{"targets": ["a:1", 5, "b"], "labels": {"a": 1, "b-c": 2}},
             null,
             {"target": ["c"]},
             {"targets": ["http://d:1/"]}]
            """
        let (list, problems) = read(text)
        #expect(list == nil)
        #expect(
            problems.map { "\($0.place): \($0.severity) \($0.reason.prefix(24))" } == [
                "line 1, group 1, target 2: refused a target must be a strin",
                "line 1, group 1, target 3: doubtful the target 'b' has no po",
                "line 1, group 1: refused the value of label 'a' m",
                "line 1, group 1: refused 'b-c' is no label name (",
                "line 1, group 1: refused the value of label 'b-c'",
                "line 2, group 2: refused a group is expected, fou",
                "line 3, group 3: refused unknown key 'target': a ",
                "line 3, group 3: refused the group has no targets",
                "line 4, group 4, target 1: doubtful the target 'http://d:1/'",
            ])
    }

    @Test func problems_HaveABound_AndWhatIsBeyondIsCounted() {
        let (list, problems) = read("[\(Array(repeating: "5", count: 1234).joined(separator: ","))]")
        #expect(list == nil && problems.count == TargetListReader.problemsMax + 1)
        #expect(problems.last?.reason == "there are 234 more problems" && problems.last?.severity == .refused)
        let doubts = read("[{\"targets\":[\(Array(repeating: "\"a\"", count: 1001).joined(separator: ","))]}]")
        #expect(doubts.list?.targetCount == 1001 && doubts.problems.last?.severity == .doubtful)
    }

    @Test func values_HaveABound() throws {
        let targets = Array(repeating: "\"\"", count: TargetList.valuesMax - 3).joined(separator: ",")
        #expect(
            try #require(read("[{\"targets\":[\(targets)]}]").problems.first).reason.contains(
                "more than 1000000 values"))
    }

    @Test func whatIsShown_IsShortAndWithoutControlCharacters() throws {
        let long = String(repeating: "a", count: 500)
        let problem = try #require(read("[{\"targets\":[],\"\\u001b\(long)\":1}]").problems.first)
        #expect(problem.reason.contains("\\u{1b}aaa") && problem.description.utf8.count < 500)
    }

    // MARK: Doubts

    @Test(arguments: [
        ("a", "no port", "port 80"), ("10.0.0.1", "no port", "port 80"), ("[::1]", "no port", "port 80"),
        ("a:", "no port", "port 80"),
        ("http://a:1/metrics", "is a URL", "is not a valid hostname"),
        ("https://a", "is a URL", "is not a valid hostname"),
        ("a:1/metrics", "has a path", "is not a valid hostname"), ("/metrics", "has a path", "is not a valid hostname"),
        ("a b:1", "has ' '", "cannot scrape"), ("a\n:1", "has '\\n'", "cannot scrape"),
        ("u@a:1", "has '@'", "cannot scrape"),
        ("a:1?x=y", "has '?'", "cannot scrape"), ("::1", "more than one colon", "cannot scrape"),
        ("fe80::1:9100", "more than one colon", "cannot scrape"), ("a:b:1", "more than one colon", "cannot scrape"),
        (":9100", "no host", "own machine"), ("a:http", "is not 1 to 65535", "cannot scrape"),
        ("a:0", "is not 1 to", "cannot scrape"),
        ("a:65536", "is not 1 to", "cannot scrape"), ("a:99999999999999999999", "is not 1 to", "cannot scrape"),
        ("a:-1", "is not 1 to", "cannot scrape"), ("[::1", "without its end", "cannot scrape"),
        ("[a]:1", "no IPv6", "cannot scrape"),
        ("[]:1", "no IPv6", "cannot scrape"), ("[::1]9100", "behind its bracket", "cannot scrape"),
        ("[::1]:x", "is not 1 to", "cannot scrape"), ("a\u{2028}:1", "has '\\u{2028}'", "cannot scrape"),
    ])
    func aTargetThatCannotBeScraped_IsServedWithADoubt(target: String, reason: String, consequence: String) throws {
        let (list, problems) = read("[{\"targets\":[\(EscapedText.json(target))]}]")
        #expect(list?.groups.first?.targets == [target])
        let problem = try #require(problems.first)
        #expect(problems.count == 1 && problem.severity == .doubtful && problem.place == "line 1, group 1, target 1")
        #expect(problem.reason.contains(reason) && problem.consequence.contains(consequence), "\(problem)")
    }

    @Test(arguments: [
        "a:1", "a-b.c_d:65535", "10.0.0.1:9100", "[::1]:9100", "[fe80::1.2.3.4]:1", "exämple.org:80", "A:1", "a.:1",
    ])
    func aTargetThatCanBeScraped_HasNoDoubt(target: String) {
        #expect(TargetAddress(target).doubt == nil)
    }

    /// The words to write instead are there.
    @Test(arguments: [
        ("http://a:1/m", #"write "a:1" and the labels {"__scheme__": "http", "__metrics_path__": "/m"}"#),
        ("https://a/", #"write "a" and the labels {"__scheme__": "https"}"#),
        ("a:1/m", "write \"a:1\", and the path as the label"),
        ("a", "such as \"a:9100\""), ("::1", "in brackets"),
    ])
    func aDoubt_SaysWhatToWrite(target: String, advice: String) throws {
        #expect(try #require(TargetAddress(target).doubt).advice.contains(advice))
    }

    @Test func keysOfJSONThatComeTwice_AreADoubt_AndTheLastOneHolds() {
        let (list, problems) = read(
            #"[{"targets":["a:1"],"targets":["b:1"],"labels":{"x":"1","y":"2"},"labels":{"x":"3","x":"4"}}]"#)
        #expect(list == TargetList(groups: [TargetGroup(targets: ["b:1"], labels: [.init("x", "4")])]))
        #expect(problems.map(\.severity) == [.doubtful, .doubtful, .doubtful])
        #expect(
            problems.map(\.reason) == [
                "the key 'targets' comes twice", "the key 'labels' comes twice", "the key 'x' comes twice",
            ])
    }

    @Test func anotherScheme_IsADoubt() {
        let (list, problems) = read(#"[{"targets":["a:1"],"labels":{"__scheme__":"ftp"}}]"#)
        #expect(list != nil && problems.map(\.severity) == [.doubtful] && problems[0].reason == "__scheme__ is 'ftp'")
        #expect(read(#"[{"targets":["a:1"],"labels":{"__scheme__":"https"}}]"#).problems == [])
    }

    /// Whatever bytes come, there is an answer; and a list that is written is the same list when it is read.
    @Test func randomLists_AreRefusedOrWrittenInOneWay() {
        var random = SeededGenerator(seed: 11)
        let words = [
            "[", "]", "{", "}", ",", ":", "\"targets\"", "\"labels\"", "\"a:1\"", "\"b\"", "\"a\"", "5", "null", "true",
            "\n", " ", "- ",
            "targets: [a:1]", "targets:", "labels:", "  ", "a: b", "&x ", "*x", "<<: *x", "\"\\u00e9\"", "é", "~", "#",
            "'", "\"",
        ]
        let whole = [
            "[{\"targets\":[\"a:1\"],\"labels\":{\"b\":\"c\",\"a\":\"\\n\"}}]", "- targets: [a:1]\n  labels: {a: b}\n",
            "- &x\n  targets: ['a:1']\n- <<: *x\n  labels: {b: c}\n",
        ]
        var taken = 0
        for number in 0..<4000 {
            var bytes = Array((whole.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0..<4, using: &random))
                bytes.replaceSubrange(place..<end, with: (words.randomElement(using: &random) ?? "").utf8)
            }
            for format in [TargetList.Format.json, .yaml] {
                let (list, problems) = TargetList.read(bytes, format)
                #expect((list == nil) == problems.contains { $0.severity == .refused }, "\(number)")
                guard let list else { continue }
                taken += 1
                let again = TargetList.read(Array("[".utf8) + list.json + Array("]".utf8), .json).list
                #expect(again == list && again?.json == list.json, "\(number)")
            }
        }
        #expect(taken > 1000, "\(taken)")
    }
}
