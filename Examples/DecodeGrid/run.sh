#!/usr/bin/env bash
# Builds the example, decodes a grid with the model that TrainOnFolder made, and checks that the
# program links neither FFTW nor libsndfile.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release
program=.build/release/DecodeGrid
if ldd "$program" | grep -E 'fftw|sndfile|samplerate|png'; then
  echo "DecodeGrid links what an embedding app must not"
  exit 1
fi
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" "$model" "$work"
test -s "$work/grid.png"
test "$(find "$work" -name 'loop-*.wav' -size +1k | wc -l)" -eq 16
