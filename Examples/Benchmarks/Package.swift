// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(
      name: "OperationSpeed", dependencies: [.product(name: "Tensors", package: "VAmEn")])
  ]
)
