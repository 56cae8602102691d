import Glibc

/// What every process tells of itself, under the names that all exporters use, and which program it is.
///
/// Everything is read when the page is; what cannot be read is not on the page.
package enum ProcessInstruments {
    package static func add(to registry: InstrumentRegistry, now: Moment) {
        registry.gauge(
            "exporter_proxy_build_info", help: "The program: its version, and that of the Swift compiler.",
            labels: [("version", Version.number), ("swift", Version.swift)]
        ) { 1 }
        addStatus(to: registry)
        addDescriptors(to: registry)
        // Once: a start that follows each correction of the clock would look like a restart.
        let start = startTime(now)
        add("process_start_time_seconds", "When the process started, in seconds since 1970.", .gauge, registry) {
            start
        }
    }

    private static func addStatus(to registry: InstrumentRegistry) {
        let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
        add("process_cpu_seconds_total", "User and system CPU time of the process.", .counter, registry) {
            ProcessStatus.now().map { $0.cpuTicks / ticksPerSecond }
        }
        add("process_resident_memory_bytes", "Memory of the process that is in RAM.", .gauge, registry) {
            ProcessStatus.now().map { $0.residentPages * pageBytes }
        }
        add("process_virtual_memory_bytes", "Address space of the process.", .gauge, registry) {
            ProcessStatus.now()?.virtualBytes
        }
        add("process_threads", "Threads of the process.", .gauge, registry) { ProcessStatus.now()?.threads }
    }

    private static func addDescriptors(to registry: InstrumentRegistry) {
        add("process_open_fds", "Open descriptors of the process.", .gauge, registry) { openDescriptors() }
        add("process_max_fds", "The limit of open descriptors.", .gauge, registry) {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
            return Double(limit.rlim_cur)
        }
    }

    private static func add(
        _ name: String, _ help: String, _ type: InstrumentRegistry.FamilyType, _ registry: InstrumentRegistry,
        _ read: @escaping @Sendable () -> Double?
    ) {
        registry.collect(name, help: help, type: type) { read().map { [(labels: [], value: $0)] } ?? [] }
    }

    private static var ticksPerSecond: Double { Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) }

    /// Without the one that counting takes.
    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = -1
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return Double(count)
    }

    private static func startTime(_ now: Moment) -> Double? {
        guard let status = ProcessStatus.now() else { return nil }
        let age = Double(now.monotonic) / 1e9 - status.startTicks / ticksPerSecond
        return ((now.wall.secondsSinceEpoch - age) * 100).rounded() / 100
    }
}
