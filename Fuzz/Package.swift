// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because the sanitizer's flags make it unfit for anything else. Its targets are those of the
// daemon, by links, and the fuzzers, which see what tests see.
let sanitized: [SwiftSetting] = [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer,address"])]
let sanitizedCxx: [CXXSetting] = [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]

func archives(_ names: String...) -> [LinkerSetting] { names.map { .linkedLibrary(":lib\($0).a") } }

func fuzzer(_ name: String, of target: Target.Dependency, _ others: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: [target, "FuzzDriver"] + others, swiftSettings: sanitized, linkerSettings: linked)
}

let buffers = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.5.0"),
    ],
    targets: [
        .target(name: "CCapnp", cxxSettings: sanitizedCxx, linkerSettings: archives("capnp", "kj")),
        .target(name: "CRE2", cxxSettings: sanitizedCxx, linkerSettings: archives("re2")),
        .target(name: "CTOML", cxxSettings: sanitizedCxx),
        .systemLibrary(name: "CCrypt"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CSnappy"),
        .systemLibrary(name: "CSodium"),
        .systemLibrary(name: "CYAML"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CZstd"),
        .target(name: "Exposition", swiftSettings: sanitized),
        .target(
            name: "HyperDHT", dependencies: ["CSodium"],
            swiftSettings: sanitized + [.unsafeFlags(["-enable-testing"])], linkerSettings: archives("sodium")),
        .target(
            name: "ExporterProxy",
            dependencies: [
                "CCapnp", "CCrypt", "CLinux", "CRE2", "CSQLite", "CSnappy", "CSodium", "CTOML", "CYAML", "CZlib",
                "CZstd", "Exposition", "HyperDHT", buffers,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: sanitized + [.unsafeFlags(["-enable-testing"])],
            linkerSettings: archives("crypt", "snappy", "sodium", "sqlite3", "yaml", "zstd")
        ),
        .target(name: "FuzzDriver", swiftSettings: sanitized),
        fuzzer("FuzzText", of: "Exposition"),
        fuzzer("FuzzRepair", of: "Exposition"),
        fuzzer("FuzzOpenMetrics", of: "Exposition"),
        fuzzer("FuzzProtobuf", of: "Exposition"),
        fuzzer("FuzzMessages", of: "ExporterProxy", buffers),
        fuzzer("FuzzContentDecoding", of: "ExporterProxy", buffers),
        fuzzer("FuzzEvents", of: "ExporterProxy", "Exposition", buffers),
        fuzzer("FuzzConfiguration", of: "ExporterProxy"),
        fuzzer("FuzzTargets", of: "ExporterProxy"),
        fuzzer("FuzzTunnel", of: "HyperDHT"),
    ],
    cxxLanguageStandard: .cxx17
)
