/// What the kernel says of a process in `/proc/<pid>/stat`: see proc_pid_stat(5).
struct ProcessStatus: Equatable {
    /// In user and kernel mode together, in clock ticks.
    var cpuTicks: Double
    var threads: Double
    /// Clock ticks from the boot of the machine.
    var startTicks: Double
    var virtualBytes: Double
    var residentPages: Double

    /// `nil` where `text` is not such a line.
    ///
    /// The second field is the program's name in parentheses, and may hold parentheses and spaces itself: what is
    /// read stands behind the last of them.
    init?(_ text: String) {
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(whereSeparator: \.isWhitespace)
        // Field 3 of the manual is the first one here.
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? UInt64(fields[number - 3]).map { Double($0) } : nil
        }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24)
        else { return nil }
        cpuTicks = user + system
        self.threads = threads
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
    }

    /// Of this process, now; `nil` where `/proc` is not there.
    static func now() -> ProcessStatus? {
        guard let bytes = try? SmallFile.read("/proc/self/stat") else { return nil }
        return ProcessStatus(String(decoding: bytes, as: UTF8.self))
    }
}
