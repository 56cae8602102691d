import ArgumentParser
import Glibc

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Push an exposition from a file, or from standard input, as an app.")

    @Argument(help: "The name of the app.")
    var app: String

    @Argument(help: "The file with the exposition; without it, or with '-', standard input.")
    var file: String?

    @Option(help: ArgumentHelp("Push over this Unix socket.", valueName: "path"))
    var unix: String?

    @Option(help: ArgumentHelp("Push over TCP to this address.", valueName: "host:port"))
    var tcp: String?

    @Flag(help: "Send Cap'n Proto instead of JSON.")
    var capnp = false

    @OptionGroup var options: ConfigurationOptions

    private static let bytesMax = 1024 * 1024 * 1024

    func run() async throws {
        do {
            let exposition = try SmallFile.read(path, bytesMax: Self.bytesMax)
            let message = try capnp ? capnpMessage(exposition) : jsonMessage(exposition)
            try send(message, over: try connect())
        } catch let failure as ConfigurationFailure {
            Failure.say(failure.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        } catch {
            Failure.say("\(error)")
            throw ExitCode.failure
        }
    }

    private var path: String {
        guard let file, file != "-" else { return "/dev/stdin" }
        return file
    }

    private func jsonMessage(_ exposition: [UInt8]) throws -> [UInt8] {
        guard let text = String(validating: exposition, as: UTF8.self) else { throw PushError.notUTF8 }
        return Array("{\(EscapedText.json(app)):\(EscapedText.json(text))}\n".utf8)
    }

    private func capnpMessage(_ exposition: [UInt8]) throws -> [UInt8] {
        let message = CapnpCodec.encode(app: app, data: exposition)
        guard !message.isEmpty else { throw PushError.notEncodable }
        return message
    }

    private func connect() throws -> OwnedDescriptor {
        if let tcp {
            guard let address = HostPort(tcp) else { throw PushError.address(tcp) }
            return try ClientSocket.connect(to: address)
        }
        if let unix { return try UnixSocketFile.connect(to: unix) }
        let receiver = try options.load().configuration.receiver
        return receiver.receivesOnUnixSocket
            ? try UnixSocketFile.connect(to: UnixSocketPath.existing(receiver.unixSocket))
            : try ClientSocket.connect(to: receiver.tcpSocket)
    }

    private func send(_ message: [UInt8], over connection: OwnedDescriptor) throws {
        try ClientSocket.sendAll(message, over: connection)
        shutdown(connection.raw, Int32(SHUT_WR))
        // Only where receiver.reply is on does the proxy say whether it stored the message.
        let reply = try ClientSocket.readToEnd(connection, bytesMax: 64 * 1024)
        let text = String(decoding: reply, as: UTF8.self)
        if text.contains("\"ok\":false") { throw PushError.refused(text) }
        print(
            text.isEmpty ? "sent; receiver.reply is off, so the proxy does not say whether it was stored\n" : text,
            terminator: "")
    }
}

enum PushError: Error, CustomStringConvertible {
    case notUTF8
    case notEncodable
    case address(String)
    case refused(String)

    var description: String {
        switch self {
        case .notUTF8: "the exposition is not UTF-8"
        case .notEncodable: "the exposition does not fit into a Cap'n Proto message"
        case .address(let text): "'\(text)' is not an address such as 127.0.0.1:6554"
        case .refused(let reply): "refused: \(reply)"
        }
    }
}
