#!/usr/bin/env bash
# Builds the library for C with the Swift libraries inside, checks what it links, and draws a loop
# from a C program with the model that TrainOnFolder made.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --static-swift-stdlib --package-path ../.. --product vamen-c \
  --scratch-path .build
library=.build/release/libvamen-c.so
../../Tests/links.sh "$library"
cc -std=c99 -Wall -Wextra -Werror -O2 -I ../../Sources/CVamen/include loop.c \
  -L .build/release -lvamen-c -Wl,-rpath,"$PWD/.build/release" -o .build/loop
model=../TrainOnFolder/.build/example/model.safetensors
[ -s "$model" ] || ../TrainOnFolder/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.build/loop "$model" 7 "$work/loop.raw"
test "$(stat -c %s "$work/loop.raw")" -eq 32768
