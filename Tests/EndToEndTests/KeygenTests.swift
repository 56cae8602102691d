import TestSupport
import Testing

/// Keys and seeds for the tunnel, as a shell gets them. The seed is that of the first example of RFC 8032.
@Suite(.sharesMachine)
struct KeygenTests {
    private static let seeds = [
        "hex": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "z32": "uio5d8xx9ipgbqwrjm4jf5bcatnrutmjxc3g1gmo8qsyg8fqx7oy",
        "base64": "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=",
    ]
    private static let publicKeys = [
        "hex": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "z32": "47pjoycnsrfmxikm95jh13y88e8qnhzu5kungjpxyepgt7a8krpy",
        "base64": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    ]

    private static func keygen(
        _ arguments: [String], input: String = ""
    ) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
        try await run(
            ProxyProcess.program, ["keygen"] + arguments, input: Array(input.utf8),
            environment: ProxyProcess.environment)
    }

    @Test func newSeed_IsAnotherEachTime() async throws {
        let line = /seed: ([0-9a-f]{64})\npublic key: ([0-9a-f]{64})\n/
        let (first, second) = (try await Self.keygen([]), try await Self.keygen([]))
        let match = try #require(first.output.wholeMatch(of: line))
        #expect(first.exit == .status(0) && first.errors == "" && match.1 != match.2)
        #expect(second.output.wholeMatch(of: line) != nil && first.output != second.output)
        let again = try await Self.keygen(["--seed", String(match.1)])
        #expect(again.output == first.output)
    }

    @Test(arguments: ["hex", "z32", "base64"], ["hex", "z32", "base64"])
    func seed_IsTakenInEveryForm_AndKeysAreSaidInEvery(given: String, format: String) async throws {
        let seed = try #require(Self.seeds[given])
        let (shownSeed, publicKey) = (try #require(Self.seeds[format]), try #require(Self.publicKeys[format]))
        let result = try await Self.keygen(["--seed", seed, "--format", format])
        #expect(result.exit == .status(0) && result.output == "seed: \(shownSeed)\npublic key: \(publicKey)\n")
        let alone = try await Self.keygen(["--public", "--format", format, "--seed", seed])
        #expect(alone.exit == .status(0) && alone.output == "\(publicKey)\n")
    }

    @Test func publicKeyOfASeedThatNobodySees_IsSaidToBeOfNoUse() async throws {
        let result = try await Self.keygen(["--public"])
        #expect(result.exit == .status(0) && result.output.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        #expect(result.errors.contains("the seed of this public key is not shown"))
    }

    /// So that it is in no list of processes.
    @Test(arguments: ["", "\n", "\r\n", "\nmore\n"])
    func seedOfStandardInput_IsTheFirstLine(end: String) async throws {
        let seed = try #require(Self.seeds["hex"])
        let result = try await Self.keygen(["--seed", "-", "--public"], input: " \(seed)\(end)")
        #expect(result.exit == .status(0))
        #expect(result.output.dropLast() == Self.publicKeys["hex"] ?? "")
    }

    @Test(arguments: [
        (["--seed", "5ecre7"], ""), (["--seed", "-"], "5ecre7\n"), (["--seed", "-"], ""),
        (["--seed", String(repeating: "5ecre7ab", count: 8)], ""), (["--seed", String(repeating: "a", count: 62)], ""),
    ])
    func whatIsNoSeed_IsRefused_AndNotShown(arguments: [String], input: String) async throws {
        let result = try await Self.keygen(arguments, input: input)
        #expect(result.exit == .status(64) && result.output == "")
        #expect(result.errors.contains("the seed is not 32 bytes in hex, z32 or base64"), "\(result.errors)")
        #expect(!result.errors.contains("5ecre7"), "\(result.errors)")
    }

    /// Where the seed goes.
    @Test func check_SaysWhichFileHasNoSecret() async throws {
        let folder = try TemporaryFolder()
        let seed = try folder.write("seed", "a seed\n")
        // As keygen prints it.
        let secret = try folder.write("secret", try await Self.keygen([]).output)
        let path = try folder.write(
            "c.toml", "[tunnel.bridge]\nshared_secret_file = \"\(secret)\"\nkey_pair_seed_file = \"\(seed)\"\n")
        let result = try await run(
            ProxyProcess.program, ["check", "-c", path], environment: ProxyProcess.environment)
        #expect(result.exit == .status(78))
        #expect(result.errors.contains("tunnel.bridge.key_pair_seed_file: \(seed): expected 32 bytes"), "\(result)")
        #expect(!result.errors.contains("shared_secret"), "\(result)")
    }

    @Test(arguments: [["--format", "decimal"], ["--private"], ["more"]])
    func wrongArgument_IsAUsageError(arguments: [String]) async throws {
        #expect(try await Self.keygen(arguments).exit == .status(64))
    }
}
