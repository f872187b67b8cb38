#!/usr/bin/env bash
# Builds the library for C with the Swift libraries inside, checks what it links, and draws a loop
# from a C program with the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
# Swift's package manager finds the static libraries for programs, not for shared libraries.
static=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/lib/swift_static/linux
swift build -c release --static-swift-stdlib --scratch-path ../.build -Xlinker "-L$static"
../../Tests/links.sh ../.build/release/libvamen-c.so
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
../.build/release/loop "$model" 7 "$work/loop.raw"
# Half a bar at 10 kHz, four bytes a sample.
test "$(stat -c %s "$work/loop.raw")" -eq 32768
