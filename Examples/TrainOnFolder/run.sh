#!/usr/bin/env bash
# Builds the example and trains a model on a folder with one break, or with the given folder.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/breaks"
amen=/usr/share/sonic-pi/samples/loop_amen_full.flac
if [ -f "$amen" ]; then
  cp "$amen" "$work/breaks/"
else
  # One bar of clicks on the beat: enough to have something to learn.
  python3 - "$work/breaks/clicks-1bar-120bpm.wav" <<'P'
import struct, sys, wave
with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 10000, 0, "NONE", ""))
    file.writeframes(b"".join(struct.pack("<h", int(20000 * 0.99 ** (i % 5000) * (-1) ** i)) for i in range(20000)))
P
fi
swift run -c release --skip-build TrainOnFolder "$work/breaks" "$work/model.safetensors"
test -s "$work/model.safetensors"
mkdir -p .build/example
cp "$work/model.safetensors" .build/example/model.safetensors
