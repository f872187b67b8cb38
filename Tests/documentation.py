#!/usr/bin/env python3
"""Builds the DocC catalogs with warnings as errors and tries the programs in documents.

    Tests/documentation.py [OUTPUT]

Works on what `swift build -c release` left behind, so nothing of the libraries is compiled again. With
OUTPUT, the catalogs' archives are left there.

The Swift blocks of one document are one program, in their order, which is type-checked; those of RUN
are linked and run. C blocks, and the example at the top of vamen.h, are checked one by one, as the
body of a function unless they have one. A block that is only a part of something is marked by an HTML
comment that starts with "fragment" on the line before it.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import wave

LIBRARIES = [
    "VulkanCompute", "Tensors", "NeuralNetworks", "SpectralAudio", "Breakbeats",
    "BreakbeatTraining",
]
BUILD = ".build/release"
HEADER = "Sources/CVamen/include/vamen.h"


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


def blocks(path, language):
    """A document's blocks in a language, but for fragments: number of the first line, lines."""
    lines = open(path, encoding="utf-8").read().split("\n")
    found, inside, fragment = [], False, False
    for number, line in enumerate(lines):
        if not inside and line.strip() == f"```{language}":
            inside = True
            fragment = number > 0 and lines[number - 1].startswith("<!-- fragment")
            if not fragment:
                found.append((number + 1, []))
        elif inside and line.strip() == "```":
            inside = False
        elif inside and not fragment:
            found[-1][1].append(line)
    return found


def program(path, count=None):
    """The program that a document's first blocks make, lines numbered as in the document."""
    text = []
    for start, lines in blocks(path, "swift")[:count]:
        text += [""] * (start - len(text)) + lines
    return "\n".join(text) + "\n" if text else None


def compile_program(text, path, options, folder):
    """What the compiler says, or nothing."""
    source = os.path.join(folder, "main.swift")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    result = subprocess.run(
        ["swiftc", "-swift-version", "6", "-warnings-as-errors", source] + options
        + module_options(), capture_output=True, text=True)
    return result.stderr.replace(source, path) if result.returncode != 0 else ""


def check_program(path, folder):
    text = program(path)
    return None if text is None else compile_program(text, path, ["-typecheck"], folder)


def library(folder):
    """Options that link our modules, or nothing where the build left no objects of `vamen`."""
    listed = f"{BUILD}/vamen.product/Objects.LinkFileList"
    if not os.path.exists(listed):
        return None
    objects = [line for line in open(listed, encoding="utf-8").read().split("\n")
               if line and "/vamen.build/" not in line]
    if not all(os.path.exists(name.strip("'\"")) for name in objects):
        return None
    with open(os.path.join(folder, "objects"), "w", encoding="utf-8") as file:
        file.write("\n".join(objects) + "\n")
    name = "libdocumented.dylib" if sys.platform == "darwin" else "libdocumented.so"
    packages = subprocess.run(
        ["pkg-config", "--libs", "zlib", "sndfile", "samplerate", "fftw3f"], capture_output=True,
        text=True).stdout.split()
    result = subprocess.run(
        ["swiftc", "-emit-library", "-module-name", "documented", "-o", os.path.join(folder, name),
         f"@{folder}/objects"] + packages, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stderr)
        return None
    return ["-L", folder, "-ldocumented", "-Xlinker", "-rpath", "-Xlinker", folder]


def run_program(path, linking, folder, work):
    """Links and runs a program in a folder; what went wrong, or nothing."""
    count, changes = RUN[path]
    text = program(path, count)
    for old, new in changes:
        if old not in text:
            return f"There is no \"{old}\" to be replaced by \"{new}\"."
        text = text.replace(old, new)
    executable = os.path.join(folder, "program")
    said = compile_program(text, path, linking + ["-o", executable], folder)
    if said:
        return said
    try:
        result = subprocess.run(
            [executable], cwd=work, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "It did not end within two minutes."
    # Without the backtrace of a crash.
    said = result.stderr.split("\n\n")[0]
    return "" if result.returncode == 0 else f"Status {result.returncode}: {said}"


def write_break(path):
    """Two seconds of decaying clicks on the beat."""
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 10000, 0, "NONE", ""))
        clicks = [int(20000 * 0.997 ** (index % 5000)) * (-1) ** index for index in range(20000)]
        file.writeframes(struct.pack("<20000h", *clicks))


def c_blocks(path):
    if path != HEADER:
        return blocks(path, "c")
    found = []
    for number, line in enumerate(open(path, encoding="utf-8")):
        if line.startswith(" *     "):
            if not found:
                found.append((number, []))
            found[-1][1].append(line[7:].rstrip("\n"))
        elif found:
            break
    return found


def check_c(path, folder):
    """What a C compiler says to a document's C blocks, or nothing; `None` if it has none."""
    found = c_blocks(path)
    source = os.path.join(folder, "block.c")
    said = ""
    for start, lines in found:
        text = f'#line {start + 1} "{path}"\n' + "\n".join(lines) + "\n"
        if "#include" not in text:
            text = ("#include <stdio.h>\n#include <stdlib.h>\n#include <vamen.h>\n"
                    f"int example(void);\nint example(void) {{\n{text}return 0;\n}}\n")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        result = subprocess.run(
            ["cc", "-fsyntax-only", "-std=c99", "-Wall", "-Werror", "-I",
             os.path.dirname(HEADER), source], capture_output=True, text=True)
        said += result.stderr if result.returncode != 0 else ""
    return said if found else None


failures = 0


def tell(what, said):
    """A line for a check, and what was said to it if it failed; nothing for `None`."""
    global failures
    if said is None:
        return
    print(f"  {'NOT' if said else 'ok '} {what}", flush=True)
    if said:
        print(said)
        failures += 1


def page(name):
    return f"Sources/{name}/{name}.docc/{name}.md"


def check_swift(documents, folder):
    for name in LIBRARIES:
        tell(f"catalog {name}", catalog(name, folder))
    if len(sys.argv) > 1:
        for name in LIBRARIES:
            archive = os.path.join(folder, f"{name}.doccarchive")
            if os.path.exists(archive):
                shutil.copytree(archive, os.path.join(sys.argv[1], f"{name}.doccarchive"),
                                dirs_exist_ok=True)
    for path in documents:
        tell(f"program in {path}", check_program(path, folder))
    linking = library(folder)
    if linking is None:
        tell("running programs", "The build left no objects of `vamen` that can be linked.")
        return
    work = os.path.join(folder, "work")
    os.makedirs(os.path.join(work, "breaks"))
    write_break(os.path.join(work, "breaks", "clicks-1bar-120bpm.wav"))
    for path in RUN:
        tell(f"running the program in {path}", run_program(path, linking, folder, work))


def main():
    documents = ["README.md"] + [f"Docs/{name}" for name in sorted(os.listdir("Docs"))
                                 if name.endswith(".md") and name not in UNCHECKED]
    documents += [page(name) for name in LIBRARIES]
    for path in [path for path in documents if not os.path.exists(path)]:
        tell(path, "There is no such file.")
        documents.remove(path)
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("cc"):
            for path in documents + [HEADER]:
                tell(f"C in {path}", check_c(path, folder))
        else:
            print("  SKIPPED C: there is no cc")
        if os.path.isdir(f"{BUILD}/Modules"):
            check_swift(documents, folder)
        else:
            tell("Swift", f"There are no modules in {BUILD}: `swift build -c release` makes them.")
    return 1 if failures else 0


# Shows one operation's parts, which are compiled where they live.
UNCHECKED = {"AddingAnOperation.md"}

# What is run, in this order: how many of its blocks (all for `None`), and what is made smaller. The
# first makes the model that others open. README's second program would train for days.
RUN = {
    page("BreakbeatTraining"): (None, [("count: 2000", "count: 48")]),
    page("Breakbeats"): (None, []),
    page("Tensors"): (None, []),
    page("NeuralNetworks"): (None, []),
    page("SpectralAudio"): (None, []),
    "README.md": (1, []),
    "Docs/Embedding.md": (None, []),
}

if __name__ == "__main__":
    sys.exit(main())
