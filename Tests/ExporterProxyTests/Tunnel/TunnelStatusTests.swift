import HyperDHT
import Testing

@testable import ExporterProxy

/// What an operator reads of a tunnel.
struct TunnelStatusTests {
    private static func text(_ change: (inout TunnelSnapshot) -> Void) -> String {
        var snapshot = TunnelSnapshot()
        (snapshot.nodesKnown, snapshot.connections) = (3, 1)
        change(&snapshot)
        return TunnelStatus(tunnels: [(name: "client", snapshot: snapshot)], aliases: [], now: 0).text
    }

    @Test func nothing_IsSaidToBeNothing() {
        #expect(TunnelStatus(tunnels: [], aliases: [], now: 0).text == "no tunnel is configured\n")
    }

    @Test func network_IsSaidWithWhatIsInTheWay() {
        #expect(Self.text { _ in } == "client\n  DHT         3 nodes, 1 connections\n")
        #expect(
            Self.text { $0.publicAddress = IPv4Address("192.0.2.1:5") }
                == "client\n  DHT         3 nodes, 1 connections, seen as 192.0.2.1:5\n")
        #expect(Self.text { $0.nodesKnown = 0 }.contains("0 nodes, 1 connections; no node answers: see bootstrap"))
        #expect(Self.text { ($0.usesDHT, $0.nodesKnown) = (false, 0) } == "client\n")
        #expect(Self.text { $0.isBehindRandomNAT = true }.contains("; the NAT gives each peer another port"))
    }
}
