#!/usr/bin/env python3
"""Builds the DocC catalogs with warnings as errors and type-checks the programs in documents.

    Tests/documentation.py [OUTPUT]

Works on what `swift build -c release` left behind, so nothing is compiled again. With OUTPUT, the
catalogs' archives are left there.

The Swift blocks of one document are one program, in their order. A block that is only a part of
something is marked by an HTML comment that starts with "fragment" on the line before it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

LIBRARIES = [
    "VulkanCompute", "Tensors", "NeuralNetworks", "SpectralAudio", "Breakbeats",
    "BreakbeatTraining",
]
BUILD = ".build/release"


def module_options():
    """Where the compiler finds our modules and the C modules below them."""
    options = ["-I", f"{BUILD}/Modules"]
    for folder in sorted(os.listdir("Sources")):
        if not folder.startswith("C") or not os.path.isdir(f"Sources/{folder}"):
            continue
        for path in (f"Sources/{folder}/module.modulemap", f"{BUILD}/{folder}.build/module.modulemap"):
            if os.path.exists(path):
                options += ["-Xcc", f"-fmodule-map-file={path}"]
                break
    return options


def target():
    text = subprocess.run(["swiftc", "-print-target-info"], capture_output=True, text=True).stdout
    return re.search(r'"unversionedTriple":\s*"([^"]+)"', text).group(1)


def catalog(library, folder):
    """Converts a library's catalog; what docc says, or nothing."""
    graphs = os.path.join(folder, library)
    os.makedirs(graphs)
    extract = subprocess.run(
        ["swift", "symbolgraph-extract", "-module-name", library, "-target", target(),
         "-output-dir", graphs, "-minimum-access-level", "public"] + module_options(),
        capture_output=True, text=True)
    if extract.returncode != 0:
        return extract.stderr
    convert = subprocess.run(
        ["docc", "convert", f"Sources/{library}/{library}.docc",
         "--additional-symbol-graph-dir", graphs, "--fallback-display-name", library,
         "--fallback-bundle-identifier", f"VAmEn.{library}", "--warnings-as-errors",
         "--output-dir", os.path.join(folder, f"{library}.doccarchive")],
        capture_output=True, text=True)
    return convert.stdout + convert.stderr if convert.returncode != 0 else ""


def program(path):
    """The program that a document's blocks make, lines numbered as in the document."""
    lines = open(path, encoding="utf-8").read().split("\n")
    kept, inside, fragment = [], False, False
    for number, line in enumerate(lines):
        if not inside and line.strip() == "```swift":
            inside = True
            fragment = number > 0 and lines[number - 1].startswith("<!-- fragment")
            kept.append("")
        elif inside and line.strip() == "```":
            inside = False
            kept.append("")
        else:
            kept.append(line if inside and not fragment else "")
    return "\n".join(kept) if any(kept) else None


def check_program(path, folder):
    text = program(path)
    if text is None:
        return None
    source = os.path.join(folder, "main.swift")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    result = subprocess.run(
        ["swiftc", "-typecheck", "-swift-version", "6", "-warnings-as-errors", source]
        + module_options(), capture_output=True, text=True)
    return result.stderr.replace(source, path) if result.returncode != 0 else ""


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for library in LIBRARIES:
            said = catalog(library, folder)
            print(f"  {'NOT' if said else 'ok '} catalog {library}", flush=True)
            if said:
                print(said)
                failures += 1
        if len(sys.argv) > 1:
            for library in LIBRARIES:
                archive = os.path.join(folder, f"{library}.doccarchive")
                if os.path.exists(archive):
                    shutil.copytree(archive, os.path.join(sys.argv[1], f"{library}.doccarchive"),
                                    dirs_exist_ok=True)
        documents = ["README.md"] + [f"Docs/{name}" for name in sorted(os.listdir("Docs"))
                                     if name.endswith(".md") and name not in UNCHECKED]
        documents += [f"Sources/{library}/{library}.docc/{library}.md" for library in LIBRARIES]
        for path in documents:
            said = check_program(path, folder) if os.path.exists(path) else "There is no such file."
            if said is None:
                continue
            print(f"  {'NOT' if said else 'ok '} program in {path}", flush=True)
            if said:
                print(said)
                failures += 1
    return 1 if failures else 0


# Shows one operation's parts, which are compiled where they live.
UNCHECKED = {"AddingAnOperation.md"}

if __name__ == "__main__":
    sys.exit(main())
