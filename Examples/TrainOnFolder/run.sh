#!/usr/bin/env bash
# Builds the example and trains a model on a folder with one break, or with the given folder.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --scratch-path ../../.build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/breaks"
amen=/usr/share/sonic-pi/samples/loop_amen_full.flac
if [ -f "$amen" ]; then
  cp "$amen" "$work/breaks/"
else
  # One bar of clicks on the beat: enough to have something to learn.
  perl -e '
    my @samples = map { 20000 * 0.99 ** ($_ % 5000) * ($_ % 2 ? -1 : 1) } 0 .. 19999;
    my $data = pack("s<*", @samples);
    print pack("A4 V A4 A4 V v v V V v v A4 V", "RIFF", 36 + length $data, "WAVE", "fmt ", 16, 1,
      1, 10000, 20000, 2, 16, "data", length $data), $data;
  ' >"$work/breaks/clicks-1bar-120bpm.wav"
fi
../../.build/release/TrainOnFolder "$work/breaks" "$work/model.safetensors"
test -s "$work/model.safetensors"
mkdir -p .build/example
cp "$work/model.safetensors" .build/example/model.safetensors
