#!/usr/bin/env bash
# Builds the example with the Swift libraries inside, checks what the program links, and decodes a
# grid with the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
# The examples that use the same libraries share what was compiled.
swift build -c release --static-swift-stdlib --scratch-path ../.build
program=../.build/release/DecodeGrid
../../Tests/links.sh "$program"
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" "$model" "$work"
test -s "$work/grid.png"
test "$(find "$work" -name 'loop-*.wav' -size +1k | wc -l)" -eq 16
