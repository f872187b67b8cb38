#!/bin/sh
# Trains a preset with VAmEn and with PyTorch on the same pictures, in the same order, with the same
# noise and initial weights, and compares the curves. Builds nothing.
#
#   curves.sh [VAMEN]
#
# VAMEN     the binary; default: ../../.build/release/vamen
# PYTHON    a Python with torch, numpy and safetensors; default: python3
# SOURCES   audio files or folders; default: the breaks of Debian's sonic-pi-samples, else --synthetic
# THREADS   PyTorch's; default: one per processor. With other work beside it, one is faster
# PRESET, STEPS, COUNT, OUT   default: tiny, 400, 2000, a new folder in the temporary one
# TRAIN     more options of `vamen train`, such as "--learning-rate 0.0005"
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
vamen=${1:-$here/../../.build/release/vamen}
python=${PYTHON:-python3}
preset=${PRESET:-tiny}
samples=/usr/share/sonic-pi/samples
if [ -z "${SOURCES:-}" ]; then
  if [ -f "$samples/loop_amen_full.flac" ]; then
    SOURCES="$samples/loop_amen_full.flac $samples/loop_amen.flac $samples/loop_breakbeat.flac"
  else
    SOURCES=--synthetic
  fi
fi
out=${OUT:-$(mktemp -d)}
[ -x "$vamen" ] || { echo "no binary at $vamen: swift build -c release --product vamen" >&2; exit 1; }
"$python" -c 'import numpy, safetensors, torch' ||
  { echo "$python lacks one of numpy, safetensors, torch: pip install them" >&2; exit 1; }

mkdir -p "$out"
# SOURCES and TRAIN are lists.
# shellcheck disable=SC2086
"$vamen" prepare $SOURCES --out "$out/breaks.vamen" --preset "$preset" --count "${COUNT:-2000}" --seed 5
# shellcheck disable=SC2086
"$vamen" train "$out/breaks.vamen" --out "$out/run" --preset "$preset" --steps "${STEPS:-400}" \
  --preview-every 0 --seed 1 --device cpu ${TRAIN:-}
"$python" "$here/curves.py" train "$out/run" "$out/breaks.vamen" --out "$out/torch.csv" \
  --threads "${THREADS:-$(getconf _NPROCESSORS_ONLN)}"
"$python" "$here/curves.py" compare "$out/run" "$out/torch.csv"
