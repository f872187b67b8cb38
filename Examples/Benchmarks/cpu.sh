#!/bin/sh
# Times the CPU backend in turn with PyTorch on the same threads: training steps, and decoding of 1
# and of 16 latents. Builds nothing.
#
#   cpu.sh [VAMEN]
#
# VAMEN               the binary; default: ../../.build/release/vamen
# PYTHON              a Python with torch; default: python3
# PYTORCH_REFERENCE   the peer; default: pytorch_vae.py beside this script
# PRESETS             "preset:batch" pairs; default: "tiny:32 demo:16 small:8 full:8"
# ROUNDS, RUNS        turns of each program, and runs of a turn; default: 3, 5
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
vamen=${1:-$here/../../.build/release/vamen}
python=${PYTHON:-python3}
reference=${PYTORCH_REFERENCE:-$here/pytorch_vae.py}
rounds=${ROUNDS:-3}
runs=${RUNS:-5}
threads=$(getconf _NPROCESSORS_ONLN)
[ -x "$vamen" ] || { echo "no binary at $vamen: swift build -c release --product vamen" >&2; exit 1; }
"$python" -c 'import torch' || { echo "$python has no torch: pip install torch" >&2; exit 1; }

# The median seconds in one line of JSON, whatever the spelling of the key.
median_of() { sed -n 's/.*"\(seconds_median\|median_seconds\|medianSeconds\)" *: *\([0-9.eE+-]*\).*/\2/p' | head -n 1; }

# compare MODE PRESET BATCH
compare() {
  ours= theirs=
  # The peer has neither averaged weights nor a guard against spikes, nor the same bits everywhere.
  case $1 in
    train) alike=--plain ;;
    *) alike="--arithmetic fast" ;;
  esac
  for round in $(seq "$rounds"); do
    ours="$ours $("$vamen" benchmark --mode "$1" --preset "$2" --batch-size "$3" --runs "$runs" \
      $alike --device cpu --json | median_of)"
    theirs="$theirs $("$python" "$reference" "$1" --preset "$2" --batch "$3" --runs "$runs" \
      --threads "$threads" | median_of)"
  done
  "$python" - "$1 $2, batch $3" "$ours" "$theirs" <<'PYTHON'
import statistics
import sys
name, ours, theirs = sys.argv[1], *[[float(x) for x in text.split()] for text in sys.argv[2:]]
a, b = statistics.median(ours), statistics.median(theirs)
show = lambda values: ", ".join(f"{x:.4g}" for x in values)
print(f"| {name} | {show(ours)} | {show(theirs)} | {a / b:.2f} |", flush=True)
PYTHON
}

echo "| what | VAmEn, seconds | PyTorch, seconds | ratio |"
echo "|---|---|---|---|"
for pair in ${PRESETS:-tiny:32 demo:16 small:8 full:8}; do
  compare train "${pair%:*}" "${pair#*:}"
done
for pair in ${PRESETS:-tiny:32 demo:16 small:8 full:8}; do
  for batch in 1 16; do compare decode "${pair%:*}" "$batch"; done
done
