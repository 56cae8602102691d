// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because the sanitizer's flags make it unfit for anything else. It compiles what reads foreign
// bytes from the same files as the daemon, by links.
let sanitized: [SwiftSetting] = [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer,address"])]
let sanitizedCxx: [CXXSetting] = [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    ],
    targets: [
        .target(
            name: "CCapnp",
            cxxSettings: sanitizedCxx,
            linkerSettings: [.linkedLibrary(":libcapnp.a"), .linkedLibrary(":libkj.a")]
        ),
        .target(name: "CTOML", cxxSettings: sanitizedCxx),
        .systemLibrary(name: "CSnappy"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CZstd"),
        .target(name: "Exposition", swiftSettings: sanitized),
        .target(name: "FuzzDriver", swiftSettings: sanitized),
        .executableTarget(
            name: "FuzzMessages",
            dependencies: ["CCapnp", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: sanitized,
            linkerSettings: linked
        ),
        .executableTarget(
            name: "FuzzText", dependencies: ["Exposition", "FuzzDriver"], swiftSettings: sanitized,
            linkerSettings: linked),
        .executableTarget(
            name: "FuzzRepair", dependencies: ["Exposition", "FuzzDriver"], swiftSettings: sanitized,
            linkerSettings: linked),
        .executableTarget(
            name: "FuzzOpenMetrics", dependencies: ["Exposition", "FuzzDriver"], swiftSettings: sanitized,
            linkerSettings: linked),
        .executableTarget(
            name: "FuzzProtobuf", dependencies: ["Exposition", "FuzzDriver"], swiftSettings: sanitized,
            linkerSettings: linked),
        .executableTarget(
            name: "FuzzContentDecoding",
            dependencies: [
                "CSnappy", "CZlib", "CZstd", "FuzzDriver", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: sanitized,
            linkerSettings: linked + [
                .linkedLibrary(":libsnappy.a"), .linkedLibrary(":libzstd.a"), .linkedLibrary("stdc++"),
            ]
        ),
        .executableTarget(
            name: "FuzzEvents",
            dependencies: ["Exposition", "FuzzDriver", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: sanitized,
            linkerSettings: linked
        ),
        .executableTarget(
            name: "FuzzConfiguration",
            dependencies: ["CTOML", "FuzzDriver", .product(name: "Logging", package: "swift-log")],
            swiftSettings: sanitized,
            linkerSettings: linked
        ),
    ],
    cxxLanguageStandard: .cxx17
)
