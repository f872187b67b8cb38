// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "DoubleAnArray",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "VAmEn", path: "../..")],
  targets: [
    .executableTarget(
      name: "DoubleAnArray",
      dependencies: [.product(name: "VulkanCompute", package: "VAmEn")],
      plugins: [.plugin(name: "CompileShadersPlugin", package: "VAmEn")])
  ]
)
