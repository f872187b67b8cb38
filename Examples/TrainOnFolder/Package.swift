// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "TrainOnFolder",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(
      name: "TrainOnFolder", dependencies: [.product(name: "BreakbeatTraining", package: "VAmEn")])
  ]
)
