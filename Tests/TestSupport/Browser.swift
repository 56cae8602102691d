import Foundation
import Glibc

/// One page of a Chromium without a window, driven over its DevTools protocol, on a pipe: each message is JSON and a
/// NUL.
public final class Browser {
    private let child: ChildProcess
    private let profile: TemporaryFolder
    private let commands: Int32
    private let answers: Int32
    private var unread: [UInt8] = []
    private var calls = 0
    private var session: String?
    private var loads = 0

    /// Whether the next questions of the page are answered with yes.
    public var saysYes = true
    /// What the page has asked so far.
    public private(set) var questions: [String] = []
    /// What stands in the console: errors of the script, of the network, of the content security policy.
    public private(set) var complaints: [String] = []

    public init(size: (width: Int, height: Int) = (1200, 900)) throws {
        profile = try TemporaryFolder()
        let (toChild, commands) = try Self.pipe()
        let (answers, fromChild) = try Self.pipe()
        (self.commands, self.answers) = (commands, answers)
        child = try ChildProcess(
            Tool.chromium.path(),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--window-size=\(size.width),\(size.height)",
                "--user-data-dir=\(profile.path)", "--remote-debugging-pipe", "about:blank",
            ], descriptors: [3: toChild, 4: fromChild])
        close(toChild)
        close(fromChild)
        let target = try call("Target.createTarget", ["url": "about:blank"])
        let attached = try call(
            "Target.attachToTarget", ["targetId": target["targetId"] as? String ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log"] { try call("\(domain).enable") }
    }

    deinit {
        close(commands)
        close(answers)
    }

    /// Far from the numbers that the child knows them by.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw TestFailure("cannot make a pipe: errno \(errno)") }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 16) }
        for end in ends { close(end) }
        return (moved[0], moved[1])
    }

    // MARK: The page

    /// Returns when the page has been loaded.
    public func open(_ url: String) throws {
        try loading { try call("Page.navigate", ["url": url]) }
    }

    /// Does something that leads to another page, and returns when that has been loaded.
    public func loading(_ body: () throws -> Void) throws {
        let before = loads
        try body()
        let deadline = ContinuousClock.now.advanced(by: patience)
        while loads == before { try take(message(before: deadline)) }
    }

    /// What an expression of JavaScript is: text, a number, a list. What is awaited in it is waited for.
    public func value<T>(_ expression: String, as type: T.Type = T.self) throws -> T {
        let answer = try call(
            "Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
        guard let result = answer["result"] as? [String: Any], let value = result["value"] as? T else {
            throw TestFailure("\(expression) is \(answer)")
        }
        return value
    }

    public func wait(until condition: String) async throws {
        try await TestSupport.wait(until: condition) { try value("Boolean(\(condition))") }
    }

    /// As a link or button is clicked by its first hit.
    public func click(_ selector: String) throws {
        let _: Bool = try value("(document.querySelector(`\(selector)`).click(), true)")
    }

    /// Types as somebody at the keyboard does.
    public func type(_ text: String, into selector: String) throws {
        let _: Bool = try value("(document.querySelector('\(selector)').focus(), true)")
        try call("Input.insertText", ["text": text])
    }

    public func press(_ key: String) throws {
        for type in ["keyDown", "keyUp"] {
            try call("Input.dispatchKeyEvent", ["type": type, "key": key, "code": key, "windowsVirtualKeyCode": 13])
        }
    }

    public func setScript(_ isOn: Bool) throws {
        try call("Emulation.setScriptExecutionDisabled", ["value": !isOn])
    }

    /// A picture of the page as PNG.
    public func picture() throws -> [UInt8] {
        let answer = try call("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        return (answer["data"] as? String).flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
    }

    public func end() async throws {
        send("Browser.close", [:])
        _ = try? await child.exit(within: .seconds(10))
        try await child.end()
    }

    // MARK: Messages

    @discardableResult
    private func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        let number = send(method, parameters)
        let deadline = ContinuousClock.now.advanced(by: patience)
        while true {
            let message = try message(before: deadline)
            guard message["id"] as? Int == number else {
                take(message)
                continue
            }
            guard let result = message["result"] as? [String: Any] else { throw TestFailure("\(method): \(message)") }
            return result
        }
    }

    @discardableResult
    private func send(_ method: String, _ parameters: [String: Any]) -> Int {
        calls += 1
        var message: [String: Any] = ["id": calls, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        var bytes = [UInt8]((try? JSONSerialization.data(withJSONObject: message)) ?? Data()) + [0]
        while !bytes.isEmpty {
            let count = write(commands, bytes, bytes.count)
            guard count > 0 else { break }
            bytes.removeFirst(count)
        }
        return calls
    }

    /// Something that happened.
    private func take(_ message: [String: Any]) {
        let parameters = message["params"] as? [String: Any] ?? [:]
        switch message["method"] as? String {
        case "Page.loadEventFired": loads += 1
        case "Page.javascriptDialogOpening":
            questions.append(parameters["message"] as? String ?? "")
            send("Page.handleJavaScriptDialog", ["accept": saysYes])
        case "Runtime.exceptionThrown", "Runtime.consoleAPICalled": complaints.append("\(parameters)")
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any]
            complaints.append(entry?["text"] as? String ?? "\(parameters)")
        default: break
        }
    }

    private func message(before deadline: ContinuousClock.Instant) throws -> [String: Any] {
        while true {
            if let end = unread.firstIndex(of: 0) {
                let data = Data(unread[..<end])
                unread.removeFirst(end + 1)
                return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            }
            guard ContinuousClock.now < deadline else { throw TestFailure("the browser is silent") }
            var poll = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 100) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(answers, &buffer, buffer.count)
            guard count > 0 else { throw TestFailure("the browser has ended: \(child.errorText.suffix(2000))") }
            unread += buffer.prefix(count)
        }
    }
}
