/// The pushed groups that the page shows.
package struct GroupsList: Sendable {
    /// What the page is kept within, whatever was pushed.
    package struct Limits: Sendable {
        package var groups = 1000
        package var samplesOfGroup = 200
        /// Of the families and samples of all groups, as HTML.
        package var detailBytes = 1024 * 1024
        /// Of all groups, as HTML.
        package var bytes = 4 * 1024 * 1024

        package init() {}
    }

    package var search: GroupSearch
    package var limits: Limits
    /// The first of those that were found.
    package var groups: [PushedGroupSummary]
    package var found: Int
    /// Of all groups.
    package var total: Int
    package var series: Int
    /// What the scrape has to say of them, by their names as sources.
    package var reports: [ExactText: SourceReport]
    package var now: Moment

    /// - Parameter list: of the sources, with groups among them.
    package init(_ gateway: PushGateway, _ search: GroupSearch, _ list: AppsList, limits: Limits = .init()) {
        self.search = search
        self.limits = limits
        (groups, found) = gateway.groups(search, first: limits.groups)
        (total, series) = (gateway.groupCount, gateway.seriesCount)
        let pushed = list.apps.lazy.filter { $0.origin.door == .push }
        reports = Dictionary(pushed.compactMap { app in app.report.map { (ExactText(app.name), $0) } }) { $1 }
        now = list.now
    }
}

extension GroupSearch {
    /// `?q=` is the text, `?sort=` the order, with `-` in front where it is turned around.
    init(_ request: HTTPRequest) {
        let sort = request.queryValue("sort") ?? ""
        let isReversed = sort.hasPrefix("-")
        self.init(
            text: request.queryValue("q") ?? "", order: Order(rawValue: String(sort.drop { $0 == "-" })) ?? .name,
            isReversed: isReversed)
    }

    /// Where the page is with this search, as an attribute of HTML.
    var href: String {
        let sort = "/?sort=\(isReversed ? "-" : "")\(order.rawValue)"
        return EscapedText.html(text.isEmpty ? sort : "\(sort)&q=\(PercentEncoding.encode(text))")
    }

    /// This order, and turned around where it is this order already.
    func sorted(by order: Order) -> GroupSearch {
        GroupSearch(text: text, order: order, isReversed: self.order == order && !isReversed)
    }
}
