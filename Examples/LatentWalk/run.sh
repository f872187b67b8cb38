#!/usr/bin/env bash
# Builds the example and walks for ten seconds through the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --scratch-path ../../.build
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
../../.build/release/LatentWalk "$model" "$work/walk.wav" --seconds 10
# Ten seconds at 10 kHz, two bytes a sample.
test "$(stat -c %s "$work/walk.wav")" -gt 190000
