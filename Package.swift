// swift-tools-version: 6.2
import PackageDescription

// Libraries are linked from their archives, so that the binary runs on a host without them.
// DYNAMIC_LIBRARIES=1 is for distributions that ship no archives.
let librariesAreDynamic = Context.environment["DYNAMIC_LIBRARIES"] != nil

func linked(_ names: String...) -> [LinkerSetting] {
    names.map { .linkedLibrary(librariesAreDynamic ? $0 : ":lib\($0).a") }
}

// Set by `make tsan`: see Support/InstrumentedMutex.swift.
let threadSanitizer: [SwiftSetting] =
    Context.environment["THREAD_SANITIZER"] == nil ? [] : [.define("THREAD_SANITIZER")]

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)] + threadSanitizer

let package = Package(
    name: "exporter-proxy",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "exporter-proxy", targets: ["exporter-proxy"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        // Without its trait for Foundation.
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.5.0"),
    ],
    targets: [
        .target(
            name: "CCapnp",
            linkerSettings: linked("capnp", "kj")
        ),
        .target(name: "CTOML"),
        .target(name: "CRE2", linkerSettings: linked("re2")),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        // The headers of what ``ExporterProxy`` links.
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        // Pure: the standard library only.
        .target(name: "Exposition", swiftSettings: strict),
        // Keys, streams and messages of HyperDHT: pure, with the cryptography of libsodium.
        .target(
            name: "HyperDHT", dependencies: ["CSodium"], swiftSettings: strict, linkerSettings: linked("sodium")),
        .target(
            name: "ExporterProxy",
            dependencies: [
                "Exposition",
                "HyperDHT",
                "CCapnp",
                "CCrypt",
                "CLinux",
                "CSnappy",
                "CSodium",
                "CRE2",
                "CSQLite",
                "CYAML",
                "CZstd",
                "CTOML",
                "CZlib",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
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
            swiftSettings: strict,
            linkerSettings: linked("crypt", "snappy", "sodium", "sqlite3", "yaml", "zstd")
        ),
        .executableTarget(name: "exporter-proxy", dependencies: ["ExporterProxy"], swiftSettings: strict),
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: [
                "ExporterProxy",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/Micro",
            swiftSettings: strict
        ),
        .testTarget(
            name: "ExporterProxyTests",
            dependencies: [
                "ExporterProxy",
                "Exposition",
                "HyperDHT",
                "TestSupport",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "ExpositionTests", dependencies: ["Exposition", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "HyperDHTTests", dependencies: ["HyperDHT", "TestSupport"], swiftSettings: strict),
        // What the tests share: programs to run, sockets to speak over, folders to work in.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "EndToEndTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
