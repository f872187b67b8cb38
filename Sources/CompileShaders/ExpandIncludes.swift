#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Pastes `#include "name"` files into a shader.
///
/// A name is looked up beside the including file, then in the folders named `include` beside it
/// and above it, as far up as the target's own folder. `#line` directives keep every message of
/// the compiler at the file and line where its text was written. A file with `#pragma once` is pasted
/// once per shader; any other as often as it is included.
struct IncludeExpander {
  let folder: ShaderFolder
  /// Lines put after `#version`, such as the definitions of a variant.
  let preamble: String
  private var finished: Set<String> = []
  private var hasVersion = false

  private init(folder: ShaderFolder, preamble: String) {
    self.folder = folder
    self.preamble = preamble
  }

  /// The shader's text with everything it includes.
  static func expand(
    _ path: String, in folder: ShaderFolder, preamble: String
  ) throws -> String {
    var expander = IncludeExpander(
      folder: folder,
      preamble: "#extension GL_GOOGLE_cpp_style_line_directive : require\n" + preamble)
    let text = try expander.expand(path, openFiles: [])
    guard expander.hasVersion else {
      throw ShaderError(path: path, line: 1, message: "the shader has no #version line")
    }
    return text
  }

  private mutating func expand(_ path: String, openFiles: [String]) throws -> String {
    let text = try ShaderFolder.text(of: path)
    var output: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let number = index + 1
      switch Directive(line) {
      case .include(let name):
        guard let file = locate(name, from: path) else {
          throw ShaderError(
            path: path, line: number,
            message: "include file '\(name)' is neither beside this file nor in an include folder"
              + " here or above")
        }
        let chain = openFiles + [path]
        if let start = chain.firstIndex(of: file) {
          let cycle = (chain[start...] + [file]).map(lastComponent).joined(separator: " -> ")
          throw ShaderError(path: path, line: number, message: "include cycle: \(cycle)")
        }
        guard !finished.contains(file) else {
          output.append("")
          continue
        }
        output.append("#line 1 \"\(file)\"")
        output.append(try expand(file, openFiles: chain))
        output.append("#line \(number + 1) \"\(path)\"")
      case .version:
        hasVersion = true
        output.append("\(line)\n\(preamble)#line \(number + 1) \"\(path)\"")
      case .once:
        finished.insert(path)
        output.append("")
      case .malformedInclude:
        throw ShaderError(
          path: path, line: number, message: "write includes as #include \"name.glsl\"")
      case nil:
        output.append(String(line))
      }
    }
    return output.joined(separator: "\n")
  }

  private func locate(_ name: String, from path: String) -> String? {
    var parent = parent(of: path)
    var candidates = [parent + "/" + name]
    while true {
      candidates.append(parent + "/include/" + name)
      guard parent != folder.path, parent.contains("/") else { break }
      parent = self.parent(of: parent)
    }
    return candidates.lazy.map(\.withoutDotSegments)
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  private func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  private func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// The preprocessor lines that are read before the compiler sees them.
private enum Directive {
  case include(String), malformedInclude, once, version

  init?(_ line: Substring) {
    let start = line.drop { $0.isWhitespace }
    guard start.first == "#" else { return nil }
    let body = start.dropFirst().drop { $0.isWhitespace }
    if body.hasPrefix("include") {
      let parts = body.split(separator: "\"", omittingEmptySubsequences: false)
      let wellFormed = parts.count >= 3 && !parts[1].isEmpty
      self = wellFormed ? .include(String(parts[1])) : .malformedInclude
    } else if body.hasPrefix("version") {
      self = .version
    } else if body.split(whereSeparator: \.isWhitespace) == ["pragma", "once"] {
      self = .once
    } else {
      return nil
    }
  }
}

extension String {
  /// The path with `.` and `..` removed, so that one file has one spelling.
  fileprivate var withoutDotSegments: String {
    var kept: [Substring] = []
    for part in split(separator: "/") where part != "." {
      if part == "..", let last = kept.last, last != ".." {
        kept.removeLast()
      } else {
        kept.append(part)
      }
    }
    return (hasPrefix("/") ? "/" : "") + kept.joined(separator: "/")
  }
}
