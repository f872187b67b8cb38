#!/usr/bin/env bash
# Builds the example with the Swift libraries inside, checks what the program links, and decodes a
# grid with the model that TrainOnFolder made. DECODE_GRID_FLAGS: more options of the build.
set -euo pipefail
cd "$(dirname "$0")"
# The examples that use the same libraries share what was compiled.
# Options are a list.
# shellcheck disable=SC2086
swift build -c release --static-swift-stdlib --scratch-path ../.build ${DECODE_GRID_FLAGS:-}
program=../.build/release/DecodeGrid
../../Tests/links.sh "$program"
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" "$model" "$work"
test -s "$work/grid.png"
test "$(find "$work" -name 'loop-*.wav' -size +1k | wc -l)" -eq 16
