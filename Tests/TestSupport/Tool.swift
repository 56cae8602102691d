import Glibc
import Testing

/// A program that a test needs, and where it is.
public enum Tool: String, Sendable {
    case nc, curl, openssl, prometheus, promtool, chromium, prlimit, setpriv
    case nodeExporter = "prometheus-node-exporter"
    case systemdAnalyze = "systemd-analyze"
    case pushgateway = "prometheus-pushgateway"
    /// With the packages of python_test_clients/requirements.txt.
    case python = "python3"
    /// Of Tests/Clients, built by `make clients`.
    case goPush = "go-push"
    case cppPush = "cpp-push"
    case rustPush = "rust-push"
    /// With python-hermes, and with each of the two versions of what it is made of.
    case hermesPydantic1 = "hermes-pydantic1/bin/python3"
    case hermesPydantic2 = "hermes-pydantic2/bin/python3"

    /// The root of the repository.
    public static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    public func path() throws -> String {
        guard let found else {
            throw TestFailure("\(rawValue) is not on this machine; make deps-test venv clients installs it")
        }
        return found
    }

    /// For a tool that the tests do not install.
    public var isOnThisMachine: Bool { found != nil }

    private var found: String? {
        folders.map { "\($0)/\(rawValue)" }.first { access($0, X_OK) == 0 }
    }

    private var folders: [String] {
        switch self {
        case .python: return ["\(Self.repository)/.build-venv/bin"]
        case .goPush, .cppPush, .rustPush, .hermesPydantic1, .hermesPydantic2:
            return ["\(Self.repository)/.build-clients"]
        default:
            let path = getenv("PATH").map { String(cString: $0) } ?? ""
            return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        }
    }

    fileprivate var isHere: Bool {
        if found != nil { return true }
        // There, make test has installed everything: a test that needs what is missing is to fail.
        if isContinuousIntegration { return true }
        let line = "SKIPPED: a test needs \(rawValue), which is not on this machine; make test installs it\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        return false
    }
}

/// Whether this run decides on a change: then nothing may be skipped.
public let isContinuousIntegration = getenv("CI").map { String(cString: $0) == "true" } ?? false

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where a program is missing.
    public static func needs(_ tools: Tool...) -> Self {
        .enabled(if: tools.allSatisfy(\.isHere), "it needs \(tools.map(\.rawValue).joined(separator: ", "))")
    }
}
