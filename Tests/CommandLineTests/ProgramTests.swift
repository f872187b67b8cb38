import Foundation
import Testing

/// What comes with the program: its identity, completions for shells, the description that the manual
/// is made of, the library for C.
@Suite struct ProgramTests {
  @Test func theVersionNamesBuildAndShaders() throws {
    let runner = try CommandRunner()
    let outcome = try runner.vamen("--version")
    #expect(outcome.status == 0)
    let pattern = /vamen \d+\.\d+\.\d+\nbuild [0-9a-f]{12}\nshaders [0-9a-f]{12}, \d+ kernels\n/
    #expect(try pattern.wholeMatch(in: outcome.output) != nil, "\(outcome.output)")
    #expect(try runner.vamen("sample", "--version").output == outcome.output)
    let json = try runner.vamen("--version", "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((object["shaderCount"] as? Int ?? 0) > 20)
    #expect(outcome.output.contains(object["shaders"] as? String ?? "none"))
    #expect(outcome.output.contains(object["build"] as? String ?? "none"))
    // The build is the file's own digest, so a changed copy has another. A program of its own writes
    // it: programs that other tests start meanwhile would inherit the open file, and one that is open
    // for writing cannot be run.
    let copy = runner.path("vamen-changed")
    let copied = try CommandRunner.run(
      URL(filePath: "/bin/sh"),
      ["-c", #"cat "$0" >"$1" && echo >>"$1" && chmod +x "$1""#, CommandRunner.program.path, copy],
      in: runner.folder)
    #expect(copied.status == 0, "\(copied.errors)")
    let changed = try CommandRunner.run(URL(filePath: copy), ["--version"], in: runner.folder)
    #expect(changed.status == 0 && changed.output != outcome.output, "\(changed.errors)")
    #expect(
      changed.output.split(separator: "\n").last == outcome.output.split(separator: "\n").last)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsKnowEveryCommand(_ shell: String) throws {
    let runner = try CommandRunner()
    let outcome = try runner.vamen("--generate-completion-script", shell)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for word in ["sample", "reconstruct", "interpolate", "train", "temperature", "wav-format"] {
      #expect(outcome.output.contains(word), "\(shell): \(word)")
    }
    // Every path, as often as bash offers some.
    let offers = outcome.output.split(separator: "\n").count { line in
      switch shell {
      case "zsh": line.contains(":_files")
      case "fish":
        line.hasPrefix("complete ")
          && (line.hasSuffix("F") || line.contains("complete_directories"))
      default: line.contains("_add_completions -") && !line.contains("_add_completions -W")
      }
    }
    #expect(offers == Self.paths.count, "\(shell): \(offers)")
    guard shell == "bash" else { return }
    try runner.write(Array(outcome.output.utf8), to: "completions")
    let check = try CommandRunner.run(
      URL(filePath: "/bin/bash"), ["-c", "source ./completions && complete -p vamen"],
      in: runner.folder)
    #expect(check.status == 0 && check.output.contains("vamen"), "\(check.errors)")
  }

  /// Arguments that take a path, each with what it may end in; folders go always, and nothing else
  /// where there is `/`.
  private static let paths: [(arguments: String, endings: String)] = [
    ("prepare", "*"), ("prepare x --out", "vamen"), ("prepare x --recipe", "json"),
    ("inspect", "safetensors vamen"), ("inspect x --export", "/"), ("inspect x --page", "/"),
    ("inspect x --numbers", "safetensors"), ("train", "vamen"), ("train x --out", "/"),
    ("train x --config", "json"), ("train x --graphviz", "*"), ("sample", "safetensors"),
    ("sample x --out", "/"), ("reconstruct", "safetensors"), ("reconstruct x y", "*"),
    ("reconstruct x --out", "/"), ("interpolate", "safetensors"), ("interpolate x --from", "*"),
    ("interpolate x --to", "*"), ("interpolate x --out", "/"), ("explore", "safetensors"),
    ("explore x --data", "vamen"), ("evaluate", "safetensors"), ("evaluate x", "vamen"),
    ("evaluate x y --out", "/"), ("spectrogram", "*"), ("spectrogram x --dataset", "vamen"),
    ("spectrogram x --out", "png"), ("spectrogram x --data", "safetensors"),
    ("resynthesize", "*"), ("resynthesize x --dataset", "vamen"), ("resynthesize x --out", "wav"),
    ("selftest --golden", "/"), ("demo --out", "/"), ("demo --source", "*"),
  ]

  /// What bash offers after each of ``paths`` and the letter a, in a folder with a file of every kind.
  @Test func pathsAreCompleted() throws {
    let runner = try CommandRunner()
    let script = try runner.vamen("--generate-completion-script", "bash")
    try #require(script.status == 0, "\(script.errors)")
    try runner.write(Array(script.output.utf8), to: "completions")
    try FileManager.default.createDirectory(
      at: runner.folder.appending(path: "afolder"), withIntermediateDirectories: false)
    let endings = ["json", "png", "safetensors", "vamen", "wav"]
    for ending in endings { try runner.write([], to: "a.\(ending)") }
    try runner.write(Array(Self.paths.map { "\($0.arguments) a\n" }.joined().utf8), to: "lines")
    // What bash sets before it calls the function for the word at the cursor.
    let offering = #"""
      source ./completions
      function=$(complete -p vamen | sed 's/.* -F \([^ ]*\) .*/\1/')
      while read -r line; do
        COMP_LINE="vamen $line"
        COMP_WORDS=($COMP_LINE)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMP_POINT=${#COMP_LINE}
        COMPREPLY=()
        "$function" vamen a "${COMP_WORDS[COMP_CWORD - 1]}"
        echo $(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u)
      done <lines
      """#
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"), ["-c", offering], in: runner.folder)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let offers = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(offers.count == Self.paths.count + 1)
    for (path, offer) in zip(Self.paths, offers) {
      let files = endings.filter { path.endings == "*" || path.endings.contains($0) }
      let expected = files.map { "a.\($0)" } + ["afolder"]
      #expect(String(offer) == expected.joined(separator: " "), "\(path.arguments)")
    }
  }

  /// README's commands, in a home folder that is empty.
  @Test func readmePutsTheProgramOnThePath() throws {
    let runner = try CommandRunner()
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let lines = readme.components(separatedBy: "\n")
    let first = try #require(lines.firstIndex { $0.hasPrefix("mkdir -p ~/.local/bin ") })
    let commands = lines[first...].prefix { $0 != "```" }.joined(separator: "\n")
    let built = runner.folder.appending(path: ".build/release")
    try FileManager.default.createDirectory(at: built, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: built.appending(path: "vamen"), withDestinationURL: CommandRunner.program)
    let script = commands + "\nexport PATH=~/.local/bin:$PATH\nvamen --version"
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"), ["-e", "-c", script],
      environment: ["HOME": runner.folder.path], in: runner.folder)
    #expect(outcome.status == 0 && outcome.output.contains("vamen "), "\(outcome.errors)")
    let completions = runner.path(".local/share/bash-completion/completions/vamen")
    let text = try String(contentsOfFile: completions, encoding: .utf8)
    #expect(text.contains("complete ") && text.contains("interpolate"))
  }

  /// Compiled as C99 and as C++, without warnings; the same samples from both, and from a second
  /// program that `vamen sample` is.
  @Test func programsInCAndPlusPlusDrawLoops() throws {
    let runner = try CommandRunner()
    let model = runner.path("model.safetensors")
    try writeTinyModel(to: model)
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let libraries = CommandRunner.program.deletingLastPathComponent()
    let source = package.appending(path: "Tests/CommandLineTests/CInterface/interface.c").path
    let header = package.appending(path: "Sources/CVamen/include").path
    let strict = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-I", header]
    let link = [
      "-o", "program", "-L", libraries.path, "-lvamen-c", "-lpthread", "-lm",
      "-Wl,-rpath,\(libraries.path)",
    ]
    var samples: [Data] = []
    for (compiler, language) in [
      ("/usr/bin/cc", ["-std=c99", "-x", "c"]), ("/usr/bin/c++", ["-std=c++17", "-x", "c++"]),
    ] {
      let compiling = try CommandRunner.run(
        URL(filePath: compiler), strict + language + [source, "-x", "none"] + link,
        in: runner.folder)
      try #require(compiling.status == 0, "\(compiler): \(compiling.errors)")
      let running = try CommandRunner.run(
        runner.folder.appending(path: "program"), [model, "samples"], in: runner.folder)
      #expect(running.status == 0, "\(running.output)\(running.errors)")
      samples.append(try Data(contentsOf: runner.folder.appending(path: "samples")))
    }
    #expect(samples[0] == samples[1] && samples[0].count == 2 * 8192 * 4)
    let sampling = try runner.vamen(
      "sample", model, "--out", "loops", "--count", "2", "--seed", "7", "--iterations", "2",
      "--device", "cpu", "--wav-format", "float32")
    try #require(sampling.status == 0, "\(sampling.errors)")
    for index in 0..<2 {
      let name = "loops/amen-seed7-00\(index)-146.48bpm-0.5bars.wav"
      let wave = try Data(contentsOf: runner.folder.appending(path: name))
      #expect(wave.suffix(8192 * 4) == samples[0].dropFirst(index * 8192 * 4).prefix(8192 * 4))
    }
  }
}
