/// What one run of a generator may take; more ends it, with all that it has started.
package struct GeneratorLimits: Equatable, Sendable {
    package var timeout: Duration
    /// Of the list as JSON.
    package var outputBytesMax: Int
    /// Of each of its processes.
    package var memoryBytesMax: Int

    package init(timeout: Duration, outputBytesMax: Int, memoryBytesMax: Int) {
        self.timeout = timeout
        self.outputBytesMax = outputBytesMax
        self.memoryBytesMax = memoryBytesMax
    }
}
