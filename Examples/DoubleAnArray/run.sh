#!/usr/bin/env bash
# Builds and runs the example; fails unless it doubled the array or said that there is no device.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release
output=$(swift run -c release --skip-build DoubleAnArray)
echo "$output"
grep -qE 'doubled|no Vulkan device' <<<"$output"
