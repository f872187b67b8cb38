// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests that compute little compile in half the time without the optimizer. No product may have such a
/// flag: packages that depend on one by version would be refused.
let unoptimized: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

/// Debian's static archives of glslang, in link order.
let glslangLibraries = [
  "glslang", "MachineIndependent", "GenericCodeGen", "OGLCompiler", "OSDependent", "SPIRV",
  "SPIRV-Tools-opt", "SPIRV-Tools", "glslang-default-resource-limits", "stdc++", "m",
]

let package = Package(
  name: "VAmEn",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "VulkanCompute", targets: ["VulkanCompute"]),
    .library(name: "Tensors", targets: ["Tensors"]),
    .library(name: "NeuralNetworks", targets: ["NeuralNetworks"]),
    .library(name: "SpectralAudio", targets: ["SpectralAudio"]),
    .library(name: "Breakbeats", targets: ["Breakbeats"]),
    .library(name: "BreakbeatTraining", targets: ["BreakbeatTraining"]),
    .library(name: "vamen-c", type: .dynamic, targets: ["VamenC"]),
    .executable(name: "vamen", targets: ["vamen"]),
    .plugin(name: "CompileShadersPlugin", targets: ["CompileShadersPlugin"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // The server of `vamen explore`; an app that embeds the generator does not build it.
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.0"),
  ],
  targets: [
    // Shaders to SPIR-V, at build time.
    .target(name: "CGlslang"),
    .executableTarget(
      name: "CompileShaders", dependencies: ["CGlslang"], swiftSettings: strict,
      linkerSettings: glslangLibraries.map { .linkedLibrary($0) }),
    .plugin(
      name: "CompileShadersPlugin", capability: .buildTool(), dependencies: ["CompileShaders"],
      path: "Sources/Plugins/CompileShadersPlugin"),

    // The portable GPU library.
    .target(name: "CVulkan"),
    .target(name: "VulkanCompute", dependencies: ["CVulkan"], swiftSettings: strict),
    .target(
      name: "TensorKernels", dependencies: ["VulkanCompute"], path: "Shaders",
      swiftSettings: strict, plugins: ["CompileShadersPlugin"]),

    // Tensors, networks, sound.
    .target(name: "CMatrix"),
    .target(
      name: "Tensors", dependencies: ["CMatrix", "TensorKernels", "VulkanCompute"],
      swiftSettings: strict),
    .target(name: "NeuralNetworks", dependencies: ["Tensors"], swiftSettings: strict),
    .target(
      name: "SpectralAudio",
      dependencies: ["CMatrix", "Tensors", "TensorKernels", "VulkanCompute"],
      swiftSettings: strict),

    // Breakbeats: what other apps embed.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "Breakbeats",
      dependencies: ["CZlib", "NeuralNetworks", "SpectralAudio", "Tensors", "VulkanCompute"],
      swiftSettings: strict),

    // The generator for programs in C and C++.
    .target(name: "CVamen"),
    .target(
      name: "VamenC",
      dependencies: ["Breakbeats", "CVamen", "SpectralAudio", "Tensors", "VulkanCompute"],
      swiftSettings: strict),

    // Data and training.
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
    .systemLibrary(name: "CSndfile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(
      name: "CSamplerate", pkgConfig: "samplerate", providers: [.apt(["libsamplerate0-dev"])]),
    .target(
      name: "BreakbeatTraining",
      dependencies: [
        "Breakbeats", "CFFTW", "CSamplerate", "CSndfile", "CZlib", "NeuralNetworks",
        "SpectralAudio", "TensorKernels", "Tensors", "VulkanCompute",
      ],
      swiftSettings: strict),

    // The page to play with.
    .target(
      name: "BreakbeatExplorer",
      dependencies: [
        "Breakbeats", "SpectralAudio", .product(name: "FlyingFox", package: "FlyingFox"),
      ],
      resources: [.embedInCode("Page")], swiftSettings: strict),
    .executableTarget(
      name: "vamen",
      dependencies: [
        "BreakbeatExplorer", "Breakbeats", "BreakbeatTraining", "Tensors", "VulkanCompute",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Whose turn it is to use devices.
    .target(name: "DeviceTurns", path: "Tests/DeviceTurns", swiftSettings: strict),
    // Runs programs for tests.
    .target(name: "ProgramRunner", path: "Tests/ProgramRunner", swiftSettings: strict),
    // Counts Vulkan calls and makes them fail.
    .target(name: "VulkanProbe", path: "Tests/VulkanProbe"),

    // Runs the tool that the plug-in built; a dependency on it would link its code twice.
    .testTarget(
      name: "ShaderToolTests", dependencies: ["TensorKernels", "ProgramRunner"],
      swiftSettings: strict),
    .testTarget(
      name: "VulkanComputeTests", dependencies: ["VulkanCompute", "VulkanProbe", "DeviceTurns"],
      swiftSettings: unoptimized,
      plugins: ["CompileShadersPlugin"]),
    .testTarget(
      name: "TensorsTests",
      dependencies: [
        "Tensors", "NeuralNetworks", "SpectralAudio", "BreakbeatTraining", "DeviceTurns",
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "BreakbeatsTests",
      dependencies: [
        "BreakbeatExplorer", "Breakbeats", "BreakbeatTraining", "SpectralAudio", "NeuralNetworks",
        "Tensors", "TensorKernels", "VulkanCompute", "VulkanProbe", "DeviceTurns",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Breakbeats", "CSndfile", "NeuralNetworks", "ProgramRunner", "Tensors", "vamen",
      ],
      exclude: ["CInterface", "Help"], swiftSettings: unoptimized),
  ]
)
