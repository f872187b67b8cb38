#!/usr/bin/env bash
# Makes the sound examples that README describes, with a page to listen to them.
#
#   Examples/sounds.sh [MODEL] [AUDIO] [OUT]
#
# MODEL is a model file or run folder (default: what `make demo` trained), AUDIO a break (default:
# the amen break of Debian's sonic-pi-samples), OUT a new folder (default: sounds). $VAMEN names
# the program, $ITERATIONS those of phase retrieval.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
model=${1:-$here/demo/run}
audio=${2:-/usr/share/sonic-pi/samples/loop_amen_full.flac}
out=${3:-sounds}
vamen=${VAMEN:-$here/.build/release/vamen}
options=(--iterations "${ITERATIONS:-32}")

[ -x "$vamen" ] || { echo "There is no $vamen: run \`make build\` first." >&2; exit 1; }
[ -e "$model" ] || { echo "There is no $model: run \`make demo\`, or name a model." >&2; exit 1; }
[ -e "$audio" ] || { echo "There is no $audio: install sonic-pi-samples, or name a sound." >&2; exit 1; }
[ ! -e "$out" ] || { echo "$out exists already; name another folder." >&2; exit 1; }
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page=$out/index.html
{
  echo '<!doctype html><html lang="en"><meta charset="utf-8"><title>VAmEn sound examples</title>'
  echo '<h1>Sound examples</h1><table>'
} >"$page"

run() { # vamen, heard of only if it fails
  "$vamen" "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}
# One sound: its name, what one hears, where it was made.
keep() {
  cp -- "$3" "$out/$1.wav"
  printf '<tr><td><audio controls loop src="%s.wav"></audio><td><b>%s</b><td>%s\n' \
    "$1" "$1" "$2" >>"$page"
  printf '%-16s %s\n' "$1.wav" "$2"
}
# The one file that a pattern names.
only() { local found=("$@"); [ -e "${found[0]}" ] && printf '%s' "${found[0]}"; }
draw() { # folder options: one loop of seed 7
  local folder=$work/$1
  shift
  run sample "$model" --out "$folder" --count 1 --grid 1x1 --seed 7 "${options[@]}" "$@"
}

run reconstruct "$model" "$audio" --out "$work/reconstructed" "${options[@]}"
keep original "the source, as the model hears it" "$(only "$work"/reconstructed/*-original*.wav)"
keep roundtrip "its picture turned back to sound: the best that any model can do" \
  "$(only "$work"/reconstructed/*-roundtrip*.wav)"
keep model "what the model remembers of it" "$(only "$work"/reconstructed/*-model*.wav)"
draw drawn
keep drawn "a break that never existed: seed 7" "$(only "$work"/drawn/*.wav)"
draw safer --temperature 0.5
keep safer "the same draw, half as far from the average break" "$(only "$work"/safer/*.wav)"
draw direction --direction 1=+2
keep direction "the same, two steps along the widest direction" "$(only "$work"/direction/*.wav)"
tempo=$(basename "$work"/drawn/*.wav | sed 's/.*-\([0-9.]*\)bpm.*/\1/')
draw faster --bpm "$(awk -v tempo="$tempo" 'BEGIN { print 1.1 * tempo }')"
keep faster "the same, a tenth faster at the same pitch" "$(only "$work"/faster/*.wav)"
run interpolate "$model" --from seed:7 --to seed:8 --steps 8 --out "$work/morph" "${options[@]}"
keep morph "eight loops on the way from seed 7 to seed 8" "$(only "$work"/morph/*morph*.wav)"
echo '</table></html>' >>"$page"
echo "Open $page"
