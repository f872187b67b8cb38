#!/usr/bin/env bash
# Builds and runs the example; fails unless it doubled the array or said that there is no device.
set -euo pipefail
cd "$(dirname "$0")"
# The examples share what was compiled.
swift build -c release --static-swift-stdlib --scratch-path ../.build
output=$(../.build/release/DoubleAnArray)
echo "$output"
grep -qE 'doubled|no Vulkan device' <<<"$output"
