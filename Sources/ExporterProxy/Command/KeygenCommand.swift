import ArgumentParser
import Glibc
import HyperDHT

struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Make a key pair for the tunnel, or say the public key of a seed.",
        discussion: """
            The seed is the secret: it goes into the file that key_pair_seed_file names. The public key is what the
            other side is told. A shared secret is made in the same way: any seed will do.
            """)

    @Option(help: "The seed, in hex, z32 or base64; '-' reads it from standard input. Without it: a random one.")
    var seed: String?

    @Flag(name: .customLong("public"), help: "Print the public key alone.")
    var isPublic = false

    @Option(help: "How keys are printed: hex, z32 or base64.")
    var format = KeyForm.hex

    func run() throws {
        let seed = try givenSeed ?? .random(KeyPair.seedBytes)
        guard let pair = KeyPair(seed: seed) else { throw ValidationError(Self.noSeed) }
        let publicKey = pair.publicKey.text(format)
        if isPublic {
            if self.seed == nil { Failure.say(Self.noUse) }
            return print(publicKey)
        }
        print("seed: \(seed.withBytes { format.text(of: $0) })")
        print("public key: \(publicKey)")
    }

    private static let noUse = "the seed of this public key is not shown: '--public' is of use with '--seed'"

    /// Never the text itself: a mistyped seed is almost one.
    private static let noSeed = "the seed is not 32 bytes in hex, z32 or base64"

    private var givenSeed: Secret? {
        get throws {
            guard let seed else { return nil }
            guard let text = seed == "-" ? readLine()?.trimmed : seed, let bytes = KeyForm.bytes(of: text) else {
                throw ValidationError(Self.noSeed)
            }
            return Secret(bytes)
        }
    }
}

extension KeyForm: ExpressibleByArgument {}
