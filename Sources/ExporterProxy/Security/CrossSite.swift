/// Whether a browser sends a request on behalf of another site than ours: the user's password would come with it, and
/// on the loopback address it needs none.
enum CrossSite {
    static func isForeign(_ request: HTTPRequest) -> Bool {
        if [.GET, .HEAD, .OPTIONS].contains(request.method) { return false }
        if let site = request.headers["sec-fetch-site"].first { return site != "same-origin" && site != "none" }
        guard let origin = request.headers["origin"].first else { return false }
        guard let scheme = origin.firstRange(of: "://"), let host = request.headers["host"].first else { return true }
        return origin[scheme.upperBound...].lowercased() != host.lowercased()
    }
}
