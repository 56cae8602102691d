import FoundationEssentials
import TestSupport

/// Debian's Prometheus on a port of its own, with a database in a temporary folder.
struct Prometheus {
    let process: ChildProcess
    private let folder = try! TemporaryFolder()
    private let port: UInt16

    init(scraping proxy: ProxyProcess, every interval: String = "1s") throws {
        try self.init(
            job: "static_configs: [{targets: [\"127.0.0.1:\(proxy.httpPort)\"]}]", every: interval)
    }

    /// - Parameter job: where the targets of the one job come from, in one line of YAML.
    init(job: String, every interval: String = "1s") throws {
        try folder.write(
            "prometheus.yml",
            """
            global: {scrape_interval: \(interval), scrape_timeout: \(interval)}
            scrape_configs:
              - job_name: proxy
                \(job)

            """)
        // It cannot tell a port that the kernel chose.
        port = try freePort()
        process = try ChildProcess(
            Tool.prometheus.path(),
            [
                "--config.file=\(folder.path("prometheus.yml"))", "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ])
    }

    /// What an instant query finds; nil where there is no such series, or no answer yet.
    func value(_ query: String) throws -> Double? {
        guard process.isRunning else { throw TestFailure("prometheus ended: \(process.errorText)") }
        let encoded = query.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        guard let answer = try? HTTPAnswer.get(port, "/api/v1/query?query=\(encoded)"), answer.status == 200 else {
            return nil
        }
        let reply = try JSONDecoder().decode(Reply.self, from: Data(answer.body))
        return reply.data.result.first.flatMap { Double($0.value.text) }
    }

    private struct Reply: Decodable {
        struct Result: Decodable { var value: Value }
        struct Data: Decodable { var result: [Result] }
        var data: Data
    }

    /// A moment and a number as text.
    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            _ = try list.decode(Double.self)
            text = try list.decode(String.self)
        }
    }
}
