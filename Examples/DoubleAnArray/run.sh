#!/usr/bin/env bash
# Builds and runs the example; fails unless it doubled the array or said that there is no device.
set -euo pipefail
cd "$(dirname "$0")"
# With the package's own build folder, nothing of it is compiled again.
swift build -c release --scratch-path ../../.build
output=$(../../.build/release/DoubleAnArray)
echo "$output"
grep -qE 'doubled|no Vulkan device' <<<"$output"
