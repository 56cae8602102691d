import TestSupport
import Testing

/// What was pushed, on the page, as somebody with a browser sees it and deletes it.
@Suite(.sharesMachine, .serialized, .needs(.chromium))
struct PageOfGroupsTests {
    private func push(_ proxy: ProxyProcess, _ path: String, _ body: String, user: String? = nil) throws {
        let client = try SocketClient.tcp(proxy.httpPort)
        let login = user.map { "Authorization: Basic \($0)\r\n" } ?? ""
        try client.send(
            "PUT \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(login)Content-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        guard case .closed(let bytes) = try client.readToEnd() else { throw TestFailure("\(path): reset") }
        let answer = try HTTPAnswer(bytes)
        guard answer.status == 200 else { throw TestFailure("\(path): \(answer.status) \(answer.text)") }
    }

    private func shown(_ browser: Browser) throws -> [String] {
        try browser.value(
            """
            [...document.querySelectorAll("tr.group:not([hidden])")].map(
              (row) => [...row.querySelectorAll(".label")].map((label) => label.textContent).join(" "))
            """)
    }

    private func deleteButton(_ job: String) -> String { "button[data-path='/metrics/job/\(job)']" }

    @Test func hostileTexts_AreShownAsText() async throws {
        try await withPage { proxy, browser in
            let path =
                "/metrics/job/%3Cscript%3Ealert(1)%3C%2Fscript%3E/a/%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E"
            let rightToLeft = "שלום"
            try push(
                proxy, path + "/b/%D7%A9%D7%9C%D7%95%D7%9D/c/%E2%80%AEgpj",
                """
                # HELP m </small><script>alert(3)</script>
                # TYPE m gauge
                m{x="<img src=x onerror='alert(4)'>",y="\(rightToLeft)"} 5

                """)
            try browser.open(proxy.url("/"))
            #expect(
                try shown(browser) == [
                    #"a=""><img src=x onerror=alert(2)>" b="\#(rightToLeft)" c="\u{202e}gpj" "#
                        + #"job="<script>alert(1)</script>""#
                ])
            let sample: String = try browser.value("document.querySelector('.samples li').textContent")
            #expect(sample.contains(#"x="<img src=x onerror='alert(4)'>",y="\#(rightToLeft)"} 5"#), "\(sample)")
            let family: String = try browser.value("document.querySelector('h3').textContent")
            #expect(family.hasPrefix("m gauge · </small><script>alert(3)</script> · pushed "), "\(family)")
            #expect(try browser.value("document.querySelectorAll('script').length") == 1)
            #expect(try browser.value("document.images.length") == 0)
            try browser.click("button.delete")
            try await browser.wait(until: "document.querySelectorAll('tr.group').length === 0")
            #expect(browser.questions.count == 1 && browser.questions[0].contains("<script>alert(1)</script>"))
            #expect(try proxy.metrics() == "")
            #expect(browser.complaints == [])
        }
    }

    /// What stands right of it in the text stands right of it on the screen. With the brace, the value would be drawn on
    /// the other side.
    @Test func textFromRightToLeft_TurnsNothingElseAround() async throws {
        try await withPage { proxy, browser in
            try push(proxy, "/metrics/job/j", "m{y=\"}שלום\"} 5\n")
            try browser.open(proxy.url("/"))
            try browser.click("summary")
            let places: [Double] = try browser.value(
                """
                ["=", "ש", "5"].map((character) => {
                  const texts = document.createTreeWalker(
                    document.querySelector(".samples li"), NodeFilter.SHOW_TEXT);
                  while (texts.nextNode()) {
                    const at = texts.currentNode.data.indexOf(character);
                    if (at < 0) continue;
                    const range = document.createRange();
                    range.setStart(texts.currentNode, at);
                    range.setEnd(texts.currentNode, at + 1);
                    return range.getBoundingClientRect().left;
                  }
                })
                """)
            #expect(places == places.sorted() && Set(places).count == 3, "\(places)")
        }
    }

    @Test func search_FiltersWhileTyping_AndAsksForAllWithEnter() async throws {
        try await withPage { proxy, browser in
            try push(proxy, "/metrics/job/backup/instance/db1", "backup_age 1\n")
            try push(proxy, "/metrics/job/backup/instance/db2", "backup_size 1\n")
            try push(proxy, "/metrics/job/mail", "queue_length 1\nqueue_age 1\n")
            try browser.open(proxy.url("/"))
            #expect(try shown(browser).count == 3)
            try browser.type("AGE", into: "#search")
            #expect(try shown(browser) == [#"instance="db1" job="backup""#, #"job="mail""#])
            #expect(
                try browser.value("document.getElementById('said').textContent") == "2 of the 3 groups on this page")
            try browser.type(" backup", into: "#search")
            #expect(try shown(browser) == [#"instance="db1" job="backup""#])
            try browser.loading { try browser.press("Enter") }
            #expect(try browser.value("location.search") == "?q=AGE+backup")
            #expect(try browser.value("document.querySelectorAll('tr.group').length") == 1)
            #expect(try browser.value("document.getElementById('search').value") == "AGE backup")
            #expect(browser.complaints == [])
        }
    }

    @Test func groups_AreSortedByWhatIsClicked() async throws {
        try await withPage { proxy, browser in
            try push(proxy, "/metrics/job/b", "m 1\n")
            try push(proxy, "/metrics/job/a", "m{x=\"\(String(repeating: "x", count: 100))\"} 1\n")
            try push(proxy, "/metrics/job/c", "m{x=\"1\"} 1\n")
            try browser.open(proxy.url("/"))
            func order(after title: String) throws -> [Substring] {
                try browser.loading {
                    let link = "[...document.querySelectorAll('th a')].find((a) => a.textContent === '\(title)')"
                    let _: Bool = try browser.value("(\(link).click(), true)")
                }
                return try shown(browser).map { $0.dropFirst(5).dropLast() }
            }
            #expect(try shown(browser).map { $0.dropFirst(5).dropLast() } == ["a", "b", "c"])
            #expect(try order(after: "Last push") == ["b", "a", "c"])
            #expect(try order(after: "Last push") == ["c", "a", "b"])
            #expect(try order(after: "Bytes") == ["a", "c", "b"])
            #expect(try order(after: "Group") == ["a", "b", "c"])
            #expect(try order(after: "Group") == ["c", "b", "a"])
        }
    }

    @Test func aGroup_IsDeleted_WhenThatIsConfirmed() async throws {
        try await withPage { proxy, browser in
            try push(proxy, "/metrics/job/a%2Fb", "m 1\n")
            try push(proxy, "/metrics/job/b", "m 2\n")
            try browser.open(proxy.url("/status"))
            browser.saysYes = false
            try browser.click(deleteButton("a%2Fb"))
            #expect(browser.questions == [#"Delete the group {job="a/b"} with all its series?"#])
            #expect(try shown(browser).count == 2)
            #expect(try proxy.metrics().contains(#"job="a/b""#))
            browser.saysYes = true
            try browser.click(deleteButton("a%2Fb"))
            try await browser.wait(until: "document.querySelectorAll('tr.group').length === 1")
            #expect(try shown(browser) == [#"job="b""#])
            #expect(try browser.value("document.getElementById('said').textContent") == #"{job="a/b"} is deleted."#)
            let metrics = try proxy.metrics()
            #expect(!metrics.contains(#"job="a/b""#) && metrics.contains(#"m{instance="",job="b"} 2"#))
            #expect(try browser.value("document.getElementById('wipe') === null"))
            #expect(browser.complaints == [])
        }
    }

    @Test func allGroups_AreDeleted_WhereThatIsSwitchedOn() async throws {
        try await withPage(["web.enable_admin_api": "true"]) { proxy, browser in
            for job in ["a", "b"] { try push(proxy, "/metrics/job/\(job)", "m 1\n") }
            try browser.open(proxy.url("/"))
            try browser.click("#wipe")
            try await browser.wait(until: "document.querySelectorAll('tr.group').length === 0")
            #expect(browser.questions.count == 1)
            #expect(try proxy.metrics() == "")
        }
    }

    @Test func whoMayOnlyRead_IsToldWhyNothingIsDeleted() async throws {
        // "secret", at the lowest cost.
        let hash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
        let users = ["reader": "scrape", "writer": "push"].sorted { $0.key < $1.key }.map { name, role in
            "[[web.user]]\nname = \"\(name)\"\npassword_hash = \"\(hash)\"\nroles = [\"\(role)\"]\n"
        }
        try await withPage(more: "\n" + users.joined()) { proxy, browser in
            // writer:secret
            try push(proxy, "/metrics/job/a", "m 1\n", user: "d3JpdGVyOnNlY3JldA==")
            try browser.open(proxy.url("/").replacing("//", with: "//reader:secret@"))
            try browser.click(deleteButton("a"))
            try await browser.wait(until: "document.getElementById('said').textContent !== ''")
            #expect(
                try browser.value("document.getElementById('said').textContent")
                    == "403 user 'reader' has not the role 'push'")
            #expect(try shown(browser) == [#"job="a""#])
        }
    }

    @Test func withoutScript_ThePageIsRead_AndOffersNothingThatWouldNotWork() async throws {
        try await withPage { proxy, browser in
            try push(proxy, "/metrics/job/b", "m 1\n")
            try push(proxy, "/metrics/job/a", "m 1\nn 2\n")
            try browser.setScript(false)
            try browser.open(proxy.url("/?sort=-name&q=N"))
            #expect(try shown(browser) == [#"job="a""#])
            try browser.open(proxy.url("/?sort=-name"))
            #expect(try shown(browser) == [#"job="b""#, #"job="a""#])
            let visible =
                "[...document.querySelectorAll('button, input')].filter((part) => part.checkVisibility()).length"
            #expect(try browser.value(visible) == 0)
            #expect(browser.complaints == [])
        }
    }
}
