// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "LatentWalk",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(
      name: "LatentWalk", dependencies: [.product(name: "Breakbeats", package: "VAmEn")])
  ]
)
