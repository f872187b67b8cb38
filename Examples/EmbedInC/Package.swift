// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "EmbedInC",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(name: "loop", dependencies: [.product(name: "vamen-c", package: "VAmEn")])
  ]
)
