#!/usr/bin/env bash
# The whole suite: lint, build, every test on the CPU and on every Vulkan implementation that can be
# had, the examples as packages of their own. Prints what was covered, a line each; the last line
# counts tests.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
summary=()
line() {  # status name [remark]: a line of the summary
  summary+=("$(printf '%-8s %s%s' "$1" "$2" "${3:+ ($3)}")")
}
skip() {  # name reason: something that cannot be covered here counts as neither
  printf '\n== %s\nSKIPPED: %s\n' "$1" "$2"
  line SKIPPED "$1" "$2"
}
step() {  # name command...: runs a command as one test
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    passed=$((passed + 1))
    line PASSED "$name" "$((SECONDS - start)) s"
  else
    failed=$((failed + 1))
    line FAILED "$name" "$((SECONDS - start)) s"
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

# Seconds after which a run of tests is given up. The slowest, on SwiftShader, take a third of it.
patience=900

# suite name [VARIABLE=value...] -- [arguments of swift test...]: runs tests under an environment
# and counts each of them.
suite() {
  local name=$1 start=$SECONDS environment=() status count issues
  shift
  while [ "$1" != -- ]; do
    environment+=("$1")
    shift
  done
  shift
  printf '\n== %s\n' "$name"
  if ! $is_built; then
    failed=$((failed + 1))
    line FAILED "$name" "not run: the build failed"
    return
  fi
  # Run as built: `swift test` lets one run at a time use a package.
  local log=.build/test-log-$BASHPID
  env "${environment[@]}" timeout --kill-after=10 "$patience" \
    .build/release/VAmEnPackageTests.xctest --testing-library swift-testing "$@" 2>&1 \
    | sed 's/\x1b\[[0-9;]*m//g' | tee "$log" | grep -vE '^(◇|✔ Test )'
  status=${PIPESTATUS[0]}
  [ "$status" -eq 124 ] && echo "Given up after $patience s."
  count=$(grep -oE 'Test run with [0-9]+ tests?' "$log" | grep -oE '[0-9]+' | tail -1)
  issues=$(grep -E ' Test .* failed after' "$log" | grep -vc 'Test run with')
  rm -f "$log"
  count=${count:-0}
  # A process that crashed, or that found nothing to run, is a failure of its own.
  [ "$status" -ne 0 ] && [ "$issues" -eq 0 ] && issues=1
  [ "$count" -eq 0 ] && issues=1
  passed=$((passed + (count > issues ? count - issues : 0)))
  failed=$((failed + issues))
  if [ "$issues" -eq 0 ]; then
    line PASSED "$name" "$count tests, $((SECONDS - start)) s"
  else
    line FAILED "$name" "$issues of $count tests, $((SECONDS - start)) s"
  fi
}

if [ -n "${VAMEN_GOLDEN:-}" ]; then
  line NOTE "golden files" "$VAMEN_GOLDEN"
elif [ -r ../shared/golden ]; then
  line NOTE "golden files" "all"
else
  line NOTE "golden files" "the small set of the repository; ../shared/golden, with all, is not there"
fi
suite "CPU" VAMEN_TEST_DEVICES=cpu -- \
  --skip 'VulkanComputeTests|TensorKernelsTests|TensorBoardTests|PyTorchTests'
if python=$(Tests/tensorboard.sh .build/tensorboard); then
  suite "TensorBoard reads events" "VAMEN_TEST_TENSORBOARD=$python" -- --filter TensorBoardTests
else
  skip "TensorBoard reads events" "$python"
fi
# What Docs/pytorch_interchange.py needs, of a Python that says where it is.
imports='import numpy, safetensors, sys, torch; print(sys.executable)'
python=${VAMEN_PYTHON:-${PYTHON:-python3}}
if torch=$("$python" -c "$imports" 2>/dev/null); then
  suite "PyTorch: models there and back" "VAMEN_PYTHON=$torch" -- --filter PyTorchTests
else
  skip "PyTorch: models there and back" \
    "$python lacks torch, numpy or safetensors; PYTHON names one that has them"
fi
tool() {  # program name test: a test that needs a program
  if command -v "$1" >/dev/null; then
    suite "$2" -- --filter "TensorKernelsTests/$3"
  else
    skip "$2" "$1 is not installed"
  fi
}
tool spirv-val "spirv-val: every module is valid for Vulkan 1.2" valid
tool spirv-cross "spirv-cross: every module translates to Metal" metal
suite "shader style" -- --filter TensorKernelsTests/style

# What tests a Vulkan implementation: the compute library, operations, golden files, training.
core='VulkanComputeTests|CrossBackendTests|GoldenTests|TrainingStepTests'
# The golden files of spectra once more, with each round of phase retrieval: on one device.
rounds=SpectralGoldenTests
# Maps in 16 bits: on one kind of subgroups, and where they are refused.
mixed='MixedPrecisionTests|MixedTrainingTests|LossScalingTests'
# Checked on one device only, below.
once='FaultTests|LimitsTests'
small_limits=maxComputeSharedMemorySize=16384,maxComputeWorkGroupInvocations=128
small_limits+=,maxComputeWorkGroupCount=65535,maxStorageBufferRange=1048576,memoryByteCount=8388608
lavapipe_driver=$(ls /usr/share/vulkan/icd.d/lvp_icd*.json 2>/dev/null | head -1)
lavapipe=("VK_DRIVER_FILES=$lavapipe_driver" VAMEN_DEVICE=llvmpipe VAMEN_TEST_DEVICES=llvmpipe)
if [ -n "$lavapipe_driver" ]; then
  validation="; no validation layer is installed"
  if ls /usr/share/vulkan/explicit_layer.d/*khronos_validation* >/dev/null 2>&1; then
    validation="; validation and synchronization validation"
    lavapipe+=(VAMEN_REQUIRE_VALIDATION=1)
  fi
  suite "lavapipe, subgroups of 8$validation; every barrier checked, steps between barriers permuted" \
    "${lavapipe[@]}" VAMEN_VERIFY=1 VAMEN_SHUFFLE=1 \
    -- --filter "$core|GeneratorProgramTests|ReproducibilityTests|$mixed" --skip "$once|$rounds"
  # Compiling is most of the time: here and below without LLVM's passes, above with them.
  suite "lavapipe, subgroups of 4$validation" "${lavapipe[@]}" LP_NATIVE_VECTOR_WIDTH=128 \
    GALLIVM_PERF=nopt -- --filter "$core|ReproducibilityTests" --skip "$once"
  # The fewest that Vulkan guarantees, and very little memory. Golden files: the small set.
  suite "simulated limits" "${lavapipe[@]}" GALLIVM_PERF=nopt \
    VAMEN_GOLDEN="$PWD/Tests/TensorsTests/Fixtures" "VAMEN_LIMITS=$small_limits" \
    -- --skip "$once|SpectralGoldenTests" --filter 'VulkanComputeTests|GoldenTests|TrainingStepTests'
  suite "simulated limits: every operation, training in parts, loops; tiles of resumed runs" \
    "${lavapipe[@]}" GALLIVM_PERF=nopt \
    -- --filter 'LimitsTests|LimitedTrainingTests|LimitedGeneratorTests|ResumedTilesTests'
  suite "failing Vulkan calls" "${lavapipe[@]}" -- --filter FaultTests
else
  for name in "lavapipe, subgroups of 8" "lavapipe, subgroups of 4" "simulated limits" \
    "failing Vulkan calls" "a device lost while training; tuned kernels that do not compile"; do
    skip "$name" "mesa-vulkan-drivers is not installed"
  done
fi

# Much of what follows keeps one processor busy: the examples, which share what they compile, and
# compiling hundreds of kernels for every tile that may be chosen, take another one meanwhile.
beside() {
  local example
  # What DecodeGrid links depends on no optimizer, and nothing else is compiled like it.
  export DECODE_GRID_FLAGS="-Xswiftc -Onone"
  for example in TrainOnFolder DoubleAnArray DecodeGrid LatentWalk Benchmarks EmbedInC; do
    step "example $example" "Examples/$example/run.sh"
  done
  if [ -n "$lavapipe_driver" ]; then
    suite "lavapipe: every tile that may be chosen, tuner, micro-batches, fused programs, phase tree" \
      "${lavapipe[@]}" VAMEN_VERIFY=1 VAMEN_SHUFFLE=1 -- --filter "$tiles"
    suite "a device lost while training; tuned kernels that do not compile" "${lavapipe[@]}" \
      -- --filter 'LostDeviceTests|TunedKernelTests'
  fi
  printf '%s\n' "$passed" "$failed" "${summary[@]}" >.build/beside-summary
}
tiles='ProductTileTests|TunerTests|ExecutedMultiplicationTests|MicroBatchTests|EpilogueTests'
tiles+='|RandomProgramTests|SpecialNumberTests|PhaseTreeTests'
rm -f .build/beside-summary
mkdir -p .build
(passed=0 failed=0 summary=() && beside) >.build/beside-log 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null' EXIT

# Implementations that are unpacked, not installed.
portability=.build/portability
if reason=$(Tests/unpack-devices.sh "$portability"); then
  # A compiler of its own, about a second for each kernel; what only the host does is left to lavapipe.
  swiftshader=("VK_DRIVER_FILES=$PWD/$portability/swiftshader.json" VAMEN_DEVICE=SwiftShader \
    VAMEN_TEST_DEVICES=SwiftShader)
  suite "SwiftShader: compute library, operations" "${swiftshader[@]}" \
    -- --filter 'VulkanComputeTests|CrossBackendTests' --skip "$once"
  # The small set, which has every kind of case; the large ones are 300 s here.
  suite "SwiftShader: golden files, the small set" "${swiftshader[@]}" \
    VAMEN_GOLDEN="$PWD/Tests/TensorsTests/Fixtures" -- --filter GoldenTests --skip "$rounds"
  suite "SwiftShader: training steps" "${swiftshader[@]}" \
    -- --filter 'TrainingStepTests|MixedPrecisionTests|MixedTrainingTests' --skip onlySubmits
  suite "SwiftShader: loops with the CPU's bits, reproducible arithmetic" "${swiftshader[@]}" \
    -- --filter 'GeneratorProgramTests/every|ReproducibilityTests'
  if [ -n "$lavapipe_driver" ]; then
    suite "a newer validation layer, on lavapipe" "${lavapipe[@]}" \
      "VK_LAYER_PATH=$PWD/$portability/layers" \
      -- --filter 'VulkanComputeTests|CrossBackendTests|TrainingStepTests' --skip "$once"
  fi
else
  skip "SwiftShader" "$reason"
  skip "a newer validation layer" "$reason"
fi

vamen=.build/release/vamen
[ -x "$vamen" ] && step "vamen devices" "$vamen" devices

# A small model, explored in a browser.
explore() {
  local folder=.build/explore
  rm -rf "$folder" && mkdir -p "$folder" \
    && "$vamen" prepare --synthetic --out "$folder/breaks.vamen" --preset tiny --count 64 --seed 1 \
      >/dev/null 2>&1 \
    && "$vamen" train "$folder/breaks.vamen" --out "$folder/run" --preset tiny --steps 60 --seed 1 \
      --preview-every 0 --device cpu >/dev/null 2>&1 \
    && Tests/Browser/explore.py "$vamen" "$folder/run" --data "$folder/breaks.vamen"
}
if [ -x "$vamen" ] && command -v chromium >/dev/null; then
  step "vamen explore in Chromium" explore
else
  skip "vamen explore in Chromium" "chromium is not installed"
fi

[ -x "$vamen" ] && step "killed and resumed six times" Tests/kill-and-resume.sh 6
script() {  # name path: a script that says with --check why it cannot run here
  local reason
  if reason=$("$2" --check); then step "$1" "$2"; else skip "$1" "$reason"; fi
}
if [ -x "$vamen" ]; then
  script "full disks: training and preparing" Tests/full-disk.sh
  script "a clock that jumps while training" Tests/clock-jump.sh
fi

# Two families at a time: a compiler keeps one processor busy.
amd_result() {  # family process: waits for its run, shows what it printed, ends as it did
  local status=0
  wait "$2" || status=$?
  cat ".build/amd-$1"
  return "$status"
}
for families in "POLARIS10 VEGA10" "VEGA20 NAVI10" "NAVI21 GFX1100"; do
  declare -A runs=()
  for family in $families; do
    Tests/amd.sh "$family" >".build/amd-$family" 2>&1 &
    runs[$family]=$!
  done
  for family in $families; do
    step "AMD $family (RADV null device)" amd_result "$family" "${runs[$family]}"
  done
done

if command -v python3 >/dev/null && $is_built; then
  step "documentation: catalogs without warnings, programs that compile and run" \
    Tests/documentation.py
else
  skip "documentation" "python3 is not installed, or the build failed"
fi

step "man page" make --no-print-directory manual

wait "$beside"
trap - EXIT
cat .build/beside-log
if mapfile -t results 2>/dev/null <.build/beside-summary; then
  passed=$((passed + results[0]))
  failed=$((failed + results[1]))
  summary+=("${results[@]:2}")
else
  failed=$((failed + 1))
  line FAILED "examples, every tile" "stopped"
fi

printf '\nCovered:\n'
printf '  %s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
