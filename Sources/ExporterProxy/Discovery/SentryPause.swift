/// How long Sentry wants to be left alone.
enum SentryPause {
    private static let standard = 60
    private static let longest = 3600

    /// `nil` where an answer does not ask for it.
    ///
    /// - Parameters:
    ///   - retryAfter: the value of `Retry-After`.
    ///   - rateLimits: the values of `X-Sentry-Rate-Limits`: `60:error;session:organization, 2700::key`.
    static func length(status: Int, retryAfter: String?, rateLimits: [String]) -> Duration? {
        let limits = rateLimits.flatMap { $0.split(separator: ",") }.compactMap(seconds)
        if let longest = limits.max() { return duration(longest) }
        if status == 429 { return duration(retryAfter.flatMap { Int($0) } ?? standard) }
        if status == 503, let retryAfter { return duration(Int(retryAfter) ?? standard) }
        return nil
    }

    private static func duration(_ seconds: Int) -> Duration? {
        seconds > 0 ? .seconds(min(seconds, longest)) : nil
    }

    /// Of one limit, where it holds for events such as ours; no category is every category.
    private static func seconds(_ limit: Substring) -> Int? {
        let fields = limit.split(separator: ":", omittingEmptySubsequences: false)
        let categories = fields.count > 1 ? fields[1].split(separator: ";") : []
        guard categories.isEmpty || categories.contains("error") else { return nil }
        return Int(fields[0].trimmed) ?? standard
    }
}
