// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "DecodeGrid",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(
      name: "DecodeGrid", dependencies: [.product(name: "Breakbeats", package: "VAmEn")])
  ]
)
