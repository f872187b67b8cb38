#!/usr/bin/env bash
# Builds the example and walks for one loop and for nine, a stretch of the way and one more, through
# the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --scratch-path ../../.build
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for walk in 1:1 7.4:9; do
  ../../.build/release/LatentWalk "$model" "$work/walk.wav" --seconds "${walk%:*}"
  # A loop of the model is 8,192 samples of two bytes; all that is not sound takes less than one.
  test "$(($(stat -c %s "$work/walk.wav") / 16384))" -eq "${walk#*:}"
done
