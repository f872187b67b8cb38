#!/usr/bin/env bash
# Builds OperationSpeed and runs it on the CPU.
set -euo pipefail
cd "$(dirname "$0")"
swift build -c release --scratch-path ../../.build
output=$(../../.build/release/OperationSpeed cpu 256)
echo "$output"
test "$(grep -c 'GFLOP/s' <<<"$output")" -eq 4
