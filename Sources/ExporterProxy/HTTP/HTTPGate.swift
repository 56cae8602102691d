import NIOCore

/// What somebody must be allowed to do, to be answered.
package enum HTTPRight: Hashable, Sendable {
    /// To ask for what lets in nobody by itself, or asks who it is in its own way.
    case open
    /// To ask whether the proxy is well.
    case health
    /// To read what is served.
    case scrape
    /// To push to a job, or to delete its group; `nil` where the path names no job.
    case push(job: String?)
    case admin
}

/// Asked for each request, before its path is looked for; what it answers is the refusal.
package typealias HTTPLimit = @Sendable () -> HTTPResponse?

/// Asked when the head of a request has come, before its body is read.
package typealias HTTPGate =
    @Sendable (_ request: HTTPRequest, _ right: HTTPRight, _ loop: any EventLoop) -> HTTPGateAnswer

package enum HTTPGateAnswer: Sendable {
    case admitted
    case refused(HTTPResponse)
    /// `nil` admits.
    case later(EventLoopFuture<HTTPResponse?>)
}
