import Foundation
import PackagePlugin

/// Compiles a target's `.comp` files into typed kernels whenever one of its shader files changes.
@main
struct CompileShadersPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target.sourceModule else { return [] }
    // Included files have no command of their own, so all of them are inputs of the one command.
    let shaders = module.sourceFiles.map(\.url)
      .filter { ["comp", "glsl"].contains($0.pathExtension) }
      .sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "Kernels.swift")
    return [
      .buildCommand(
        displayName: "Compiling the shaders of \(target.name)",
        executable: try context.tool(named: "CompileShaders").url,
        arguments: [target.directoryURL.path, output.path],
        inputFiles: shaders,
        outputFiles: [output])
    ]
  }
}
