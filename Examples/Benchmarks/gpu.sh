#!/bin/sh
# Measures a carried `vamen` on the GPU of the machine it is on: everything that Docs/Performance.md
# says about GPUs, in less than eight minutes. Builds nothing and needs no Swift.
#
#   gpu.sh [--vamen FILE] [--device NAME] [--golden FOLDER] [--out FOLDER] [--preset P] [--batch-size N]
#          [--quick] [--seconds N]
#
# --vamen     the binary; default: vamen beside this script, else in ../../.build/release
# --device    part of the device's name; default: the best hardware device
# --golden    a folder of golden files, to check the device before it is timed
# --out       where results go; default: gpu-results
# --preset, --batch-size   what is measured; default: full, 64
# --quick     few runs: to see that the script works
# --seconds   time for everything, default 470; what there is no time for is left out, and said so
#
# Libraries: a folder lib/ beside the binary is searched first, for machines without libsndfile,
# libfftw3f and libsamplerate. PyTorch's step is timed in turn with ours where `python3` (or $PYTHON)
# has torch with CUDA.
set -u

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
vamen=
device=
golden=
out=gpu-results
preset=full
batch=64
runs=20
seconds=470
rounds=3
drawn=16
while [ $# -gt 0 ]; do
  case $1 in
    --vamen) vamen=$2; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --golden) golden=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --preset) preset=$2; shift 2 ;;
    --batch-size) batch=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    --quick) runs=2; rounds=1; drawn=2; shift ;;
    *) echo "gpu.sh: $1 is not known; see the top of the script" >&2; exit 2 ;;
  esac
done
if [ -z "$vamen" ]; then
  for file in "$here/vamen" "$here/../../.build/release/vamen"; do
    [ -x "$file" ] && vamen=$file && break
  done
fi
[ -x "$vamen" ] || { echo "gpu.sh: no vamen; give --vamen FILE" >&2; exit 2; }
folder=$(CDPATH= cd -- "$(dirname -- "$vamen")" && pwd)
[ -d "$folder/lib" ] &&
  export LD_LIBRARY_PATH="$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
mkdir -p "$out" || exit 1
summary=$out/summary.txt
: >"$summary"
start=$(date +%s)
failures=0

say() { echo "$@" | tee -a "$summary"; }
left() { echo $((seconds - $(date +%s) + start)); }

# measure NAME LEAST-SECONDS COMMAND...: runs a command within the time that is left, keeps both of
# its outputs, and says how it ended.
measure() {
  name=$1
  least=$2
  shift 2
  rest=$(left)
  if [ "$rest" -lt "$least" ]; then
    say "-- $name: left out, $rest s are left"
    return 1
  fi
  began=$(date +%s)
  timeout "$rest" "$@" >"$out/$name.txt" 2>"$out/$name.log"
  status=$?
  say "-- $name: status $status, $(($(date +%s) - began)) s"
  [ $status -eq 0 ] || { failures=$((failures + 1)); tail -n 3 "$out/$name.log" | tee -a "$summary"; }
  return $status
}

show() { [ -s "$out/$1.txt" ] && cat "$out/$1.txt" | tee -a "$summary"; }

# `timeout` needs a program, not a function.
runner=$out/on.sh
{
  echo '#!/bin/sh'
  echo "command=\$1; shift"
  if [ -n "$device" ]; then
    echo "exec \"$vamen\" \"\$command\" --device \"$device\" \"\$@\""
  else
    echo "exec \"$vamen\" \"\$command\" \"\$@\""
  fi
} >"$runner"
chmod +x "$runner"

say "vamen $("$vamen" --version) on $(uname -srm), $(date -u +%Y-%m-%d)"
command -v nvidia-smi >/dev/null 2>&1 &&
  nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv,noheader |
  tee -a "$summary"
measure devices 1 "$vamen" devices && show devices

# Right first, then fast.
measure selftest 20 "$runner" selftest && tail -n 1 "$out/selftest.txt" | tee -a "$summary"
[ -n "$golden" ] && measure golden 20 "$runner" selftest --golden "$golden" &&
  tail -n 1 "$out/golden.txt" | tee -a "$summary"

# Variants that suit the device; later commands use what was found.
measure tune 20 "$runner" tune --preset "$preset" --batch-size "$batch" \
  --time-limit "$([ $runs -gt 2 ] && echo 60 || echo 5)" && tail -n 1 "$out/tune.txt" | tee -a "$summary"

# Whole steps in turn with PyTorch's, which has neither averages nor a guard against spikes.
python=${PYTHON:-python3}
reference=$here/pytorch_vae.py
hasTorch=no
[ -f "$reference" ] && "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' \
  >/dev/null 2>&1 && hasTorch=yes
[ $hasTorch = yes ] || say "-- no PyTorch with CUDA and pytorch_vae.py here: no peer in turn"
round=1
while [ $round -le $rounds ]; do
  measure "train-$round" 20 "$runner" benchmark --mode train --plain --preset "$preset" \
    --batch-size "$batch" --runs "$runs" --json
  [ $hasTorch = yes ] && measure "torch-$round" 20 "$python" "$reference" train \
    --preset "$preset" --batch "$batch" --runs "$runs" --device cuda --dtype fp32
  round=$((round + 1))
done

measure train-text 15 "$runner" benchmark --mode train --preset "$preset" --batch-size "$batch" \
  --runs "$runs" --operations 40 && show train-text
measure layers 30 "$runner" benchmark --mode layers --preset "$preset" --batch-size "$batch" \
  --runs "$runs" && show layers
measure decode 10 "$runner" benchmark --mode decode --preset "$preset" --batch-size "$drawn" \
  --runs "$runs" && show decode
measure decode-fast 10 "$runner" benchmark --mode decode --preset "$preset" --batch-size "$drawn" \
  --arithmetic fast --runs "$runs" && show decode-fast
measure sound 10 "$runner" benchmark --mode sound --preset "$preset" --batch-size "$drawn" \
  --runs "$runs" && show sound

say "-- in turn: seconds per step, median of $runs"
for file in "$out"/train-[0-9]*.txt "$out"/torch-[0-9]*.txt; do
  [ -s "$file" ] || continue
  say "$(basename "$file" .txt) $(sed -n 's/.*"\(medianSeconds\|seconds_median\)": *\([0-9.e-]*\).*/\2/p' "$file")"
done
say "-- $(($(date +%s) - start)) s in all, $failures failed; everything is in $out"
[ $failures -eq 0 ]
