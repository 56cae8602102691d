// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because the sanitizer's flags make it unfit for anything else. It compiles the scanners that
// read foreign bytes from the same files as the daemon, by links.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2")],
    targets: [
        .target(
            name: "CCapnp",
            cxxSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])],
            linkerSettings: [.linkedLibrary(":libcapnp.a"), .linkedLibrary(":libkj.a")]
        ),
        .executableTarget(
            name: "FuzzMessages",
            dependencies: ["CCapnp", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer,address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
        ),
    ],
    cxxLanguageStandard: .cxx17
)
