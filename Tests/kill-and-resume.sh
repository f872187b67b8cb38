#!/usr/bin/env bash
# Kills training at random moments and resumes it each time: the final files must be those of a run
# that nobody disturbed, byte for byte, and no file may be unreadable at any moment.
#
#   Tests/kill-and-resume.sh [KILLS] [SEED] [DEVICE]     100 kills, seed of the moments 1, cpu
#
# A run of 24 tiny steps is started in a folder and killed with signal 9 after a random time, again
# and again until it reaches its end; then the next folder. Moments fall into starting, steps,
# checkpoints, previews and pages alike.
set -euo pipefail
kills=${1:-100}
RANDOM=${2:-1}
device=${3:-cpu}
vamen=${VAMEN:-$(cd "$(dirname "$0")/.." && pwd)/.build/release/vamen}
. "$(cd "$(dirname "$0")" && pwd)/run-folder.sh"
whole=whole
cut=cut
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$vamen" prepare --synthetic --out breaks.vamen --preset tiny --count 40 --seed 1 2>/dev/null >&2
train() {  # folder [option...]
  local out=$1
  shift
  exec "$vamen" train breaks.vamen --out "$out" --preset tiny --steps 24 --batch-size 8 \
    --checkpoint-every 3 --preview-every 12 --keep-checkpoints 2 --device "$device" --seed 3 "$@"
}

begin=$(date +%s%N)
(train whole) >/dev/null 2>log || fail "the undisturbed run: $(cat log)"
milliseconds=$((($(date +%s%N) - begin) / 1000000))
echo "An undisturbed run takes $milliseconds ms."

done_kills=0
runs=0
resume=()
while [ "$done_kills" -lt "$kills" ]; do
  (train cut "${resume[@]}") >/dev/null 2>log &
  process=$!
  # A random part of 1.2 undisturbed runs, so that some reach the end.
  moment=$(((RANDOM * 32768 + RANDOM) % (milliseconds * 12 / 10 + 1)))
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
  kill -9 "$process" 2>/dev/null || true
  status=0
  wait "$process" 2>/dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    same
    runs=$((runs + 1))
    rm -rf cut
    resume=()
    continue
  fi
  [ "$status" -eq 137 ] || fail "resuming after $done_kills kills: $(cat log)"
  done_kills=$((done_kills + 1))
  readable "a kill"
  resume=()
  [ -e cut/config.json ] && resume=(--resume)
done
(train cut "${resume[@]}") >/dev/null 2>log || fail "the last resumption: $(cat log)"
same
echo "Killed $done_kills times over $((runs + 1)) runs: the same bytes, no unreadable file."
