#!/usr/bin/env bash
# Builds the library for C, checks what it links, compiles the program with a C compiler, and draws a
# loop with the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --package-path ../.. --product vamen-c
library=$(swift build -c release --package-path ../.. --show-bin-path)
../../Tests/links.sh --swift "$library/libvamen-c.so"
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c99 -Wall -Wextra -Werror -O2 -I../../Sources/CVamen/include Sources/loop/loop.c \
  -L"$library" -Wl,-rpath,"$library" -lvamen-c -o "$work/loop"
"$work/loop" "$model" 7 "$work/loop.raw"
# Half a bar at 10 kHz, four bytes a sample.
test "$(stat -c %s "$work/loop.raw")" -eq 32768
