#!/usr/bin/env bash
# The whole suite: lint, build, every test on the CPU and on every Vulkan device found, the
# examples as packages of their own. Prints what was covered; the last line counts tests.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
failures=()
step() {  # name command...: runs a command as one test
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    failures+=("$name")
  fi
}

step "swift format lint --strict" \
  swift format lint --strict --recursive --parallel Package.swift Sources Shaders Tests Examples

build() {
  swift build -c release --build-tests 2>&1 | tee .build-log | grep -vE '^\[[0-9]+/[0-9]+\]'
  local status=${PIPESTATUS[0]}
  [ "$status" -eq 0 ] && is_built=true
  if grep -E "^$PWD/(Sources|Shaders|Tests)/.*warning:" .build-log; then
    echo "Our own code has warnings."
    status=1
  fi
  rm -f .build-log
  return "$status"
}
is_built=false
step "swift build, no warnings" build

suite() {
  $is_built || { echo "Not run: the build failed."; return 1; }
  swift test -c release --skip-build 2>&1 | tee .build-test-log
  local status=${PIPESTATUS[0]}
  suite_count=$(grep -oE 'Test run with [0-9]+ tests' .build-test-log | grep -oE '[0-9]+' | tail -1)
  suite_issues=$(grep -E ' Test .* failed after' .build-test-log | grep -vc 'Test run with')
  rm -f .build-test-log
  return "$status"
}
suite_count=0
suite_issues=0
step "swift test" suite

vamen=.build/release/vamen
[ -x "$vamen" ] && step "vamen devices" "$vamen" devices

for example in DoubleAnArray TrainOnFolder DecodeGrid; do
  step "example $example" "Examples/$example/run.sh"
done

# The suite counts as its tests, the other steps as one each.
passed=$((passed + ${suite_count:-0} - suite_issues))
failed=$((failed + suite_issues))
if [ "$failed" -gt 0 ]; then
  printf '\nFailed: %s\n' "${failures[@]}"
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
