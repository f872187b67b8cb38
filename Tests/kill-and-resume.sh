#!/usr/bin/env bash
# Kills training at random moments and resumes it each time: the final files must be those of a run
# that nobody disturbed, byte for byte, and no file may be unreadable at any moment.
#
#   Tests/kill-and-resume.sh [KILLS] [SEED] [DEVICE]     100 kills, seed of the moments 1, cpu
#
# A run of 48 tiny steps is started in a folder and killed with signal 9 after a random time, again
# and again until it reaches its end; then the next folder. Moments fall into starting, steps,
# checkpoints, previews and pages alike.
set -euo pipefail
kills=${1:-100}
RANDOM=${2:-1}
device=${3:-cpu}
vamen=${VAMEN:-$(cd "$(dirname "$0")/.." && pwd)/.build/release/vamen}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
  echo "FAILED: $*"
  exit 1
}
"$vamen" prepare --synthetic --out breaks.vamen --preset tiny --count 40 --seed 1 2>/dev/null >&2
train() {  # folder [option...]
  local out=$1
  shift
  exec "$vamen" train breaks.vamen --out "$out" --preset tiny --steps 48 --batch-size 8 \
    --checkpoint-every 3 --preview-every 12 --keep-checkpoints 2 --device "$device" --seed 3 "$@"
}

begin=$(date +%s%N)
(train whole) >/dev/null 2>log || fail "the undisturbed run: $(cat log)"
milliseconds=$((($(date +%s%N) - begin) / 1000000))
echo "An undisturbed run takes $milliseconds ms."

readable() {  # Every file of the folder "cut", read by what users read it with.
  local file
  [ -d cut ] || return 0
  for file in cut/checkpoints/*.safetensors; do
    [ -e "$file" ] || continue
    "$vamen" inspect "$file" >/dev/null 2>problem || fail "$file after a kill: $(cat problem)"
  done
  for file in cut/config.json cut/environment.json; do
    [ -e "$file" ] || continue
    grep -q '^}$' "$file" || fail "$file is no whole object after a kill"
  done
  for file in $(find cut -name '*.png' ! -name '.*'); do
    [ "$(tail -c 8 "$file" | head -c 4)" = IEND ] || fail "$file has no end after a kill"
  done
  for file in $(find cut -name '*.wav' ! -name '.*'); do
    # The length in the header is that of the file.
    [ $(($(od -An -t u4 -j 4 -N 4 "$file") + 8)) -eq "$(stat -c %s "$file")" ] \
      || fail "$file is not whole after a kill"
  done
  if [ -e cut/index.html ]; then
    [ "$(tail -n 1 cut/index.html)" = "</html>" ] || [ "$(tail -n 2 cut/index.html | head -n 1)" = "</html>" ] \
      || fail "cut/index.html has no end after a kill"
  fi
  if [ -e cut/metrics.jsonl ] && [ -s cut/metrics.jsonl ]; then
    [ "$(tail -c 1 cut/metrics.jsonl | od -An -c | tr -d ' ')" = '\n' ] \
      || fail "cut/metrics.jsonl ends within a row"
  fi
}

same() {  # The files of "cut" are those of "whole".
  local name
  for name in last best state-last step-000045 step-000048; do
    cmp -s "whole/checkpoints/$name.safetensors" "cut/checkpoints/$name.safetensors" \
      || fail "$name.safetensors differs from that of the undisturbed run"
  done
  [ "$(ls whole/checkpoints)" = "$(ls cut/checkpoints)" ] || fail "other checkpoints are kept"
  # All but speed and seconds.
  cmp -s <(cut -d, -f 1-7,10- whole/metrics.csv) <(cut -d, -f 1-7,10- cut/metrics.csv) \
    || fail "metrics.csv differs from that of the undisturbed run"
  for name in $(cd whole/previews && find . -type f); do
    cmp -s "whole/previews/$name" "cut/previews/$name" || fail "previews/$name differs"
  done
  [ -z "$(find cut -name '*.partial')" ] || fail "unfinished files are left"
}

done_kills=0
runs=0
resume=()
while [ "$done_kills" -lt "$kills" ]; do
  (train cut "${resume[@]}") >/dev/null 2>log &
  process=$!
  # A random part of 1.2 undisturbed runs, so that some reach the end.
  moment=$(((RANDOM * 32768 + RANDOM) % (milliseconds * 12 / 10 + 1)))
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
  kill -9 "$process" 2>/dev/null && done_kills=$((done_kills + 1))
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
  readable
  resume=()
  [ -e cut/config.json ] && resume=(--resume)
done
(train cut "${resume[@]}") >/dev/null 2>log || fail "the last resumption: $(cat log)"
same
echo "Killed $done_kills times over $((runs + 1)) runs: the same bytes, no unreadable file."
