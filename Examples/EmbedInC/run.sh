#!/usr/bin/env bash
# Builds the library for C, checks what it links, and draws a loop from a C program with the model
# that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release
../../Tests/links.sh --swift .build/release/libvamen-c.so
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.build/release/loop "$model" 7 "$work/loop.raw"
# Half a bar at 10 kHz, four bytes a sample.
test "$(stat -c %s "$work/loop.raw")" -eq 32768
