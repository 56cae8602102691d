/// How the page looks.
enum PageStyle {
    static let path = "/-/page.css"

    /// What bears the class `scripted` is of no use without the script, which shows it.
    static let css = """
        :root { color-scheme: light; }
        body { font-family: system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
        table { border-collapse: collapse; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .8rem; border-bottom: 1px solid #ddd; }
        th a { color: inherit; }
        th.down a::after { content: " \\2193"; }
        th.up a::after { content: " \\2191"; }
        td.number { text-align: right; font-variant-numeric: tabular-nums; }
        td, h3, li { overflow-wrap: anywhere; }
        small { color: #666; font-weight: normal; }
        ul { margin: .2rem 0; padding-left: 1rem; }
        dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem; }
        dt { color: #666; }
        dd { margin: 0; }
        h3 { font-size: 1rem; margin: .6rem 0 0; }
        time, button, th { white-space: nowrap; }
        small small { font-size: 1em; }
        summary { cursor: pointer; }
        details[open] { width: 42rem; max-width: 60vw; }
        .label { display: inline-block; font-family: monospace; padding: 0 .4rem; border-radius: .3rem;
          background: #eef2f7; border: 1px solid #d5dde8; }
        .samples { list-style: none; padding: 0; font-family: monospace; font-size: .85rem; }
        .fresh { color: #176b2c; }
        .stale { color: #8a5a00; }
        .failing { color: #a01818; }
        .scripted, [hidden] { display: none; }
        .has-script .scripted { display: revert; }
        .has-script .scripted[hidden] { display: none; }
        input[type=search] { width: 24rem; max-width: 100%; }

        """
}
