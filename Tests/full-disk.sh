#!/usr/bin/env bash
# Lets disks become full under training and preparing: each time there must be an error that says
# what, where and what to do, every earlier file must be whole, and with room again the result must be
# that of a run that nobody disturbed, byte for byte.
#
#   Tests/full-disk.sh [DEVICE]          cpu
#
# The disk is a tmpfs in a mount namespace of its own, whose size is what lies on it and some pages. It
# takes root; where it may not be mounted, the reason is printed and the exit status is 77.
set -euo pipefail
device=${1:-cpu}
vamen=${VAMEN:-$(cd "$(dirname "$0")/.." && pwd)/.build/release/vamen}
. "$(dirname "$0")/run-folder.sh"

if [ -z "${VAMEN_SMALL_DISK:-}" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  if ! reason=$(unshare --mount mount -t tmpfs -o size=64k tmpfs "$folder" 2>&1); then
    echo "no small disk may be mounted here: $reason"
    exit 77
  fi
  [ "$device" = --check ] && exit 0
  VAMEN_SMALL_DISK=$folder unshare --mount "$0" "$@"
  exit
fi

cd "$VAMEN_SMALL_DISK"
mkdir disk
mount -t tmpfs -o size=512m tmpfs disk
echo >disk/ballast  # a size of 0 would be no limit
whole=whole
cut=disk/cut

used() { df -k --output=used disk | tail -n 1; }
leave() { mount -o "remount,size=$(($(used) + $1))k" disk; }  # KiB that stay free
widen() { mount -o remount,size=512m disk; }

seen=
refused() {  # where: the last command failed as it should; notes what it could not write
  local file
  [ "$status" -eq 1 ] || fail "$1: exit status $status: $(cat log)"
  grep -q 'No space left on device' log || fail "$1: no cause: $(cat log)"
  grep -q 'free some space' log || fail "$1: no remedy: $(cat log)"
  file=$(grep -o 'disk/[^:;, ]*' log | head -n 1)
  [ -n "$file" ] || fail "$1: no name: $(cat log)"
  seen+="$file"$'\n'
}
left() { ls -A disk | grep -v '^ballast$'; }

# Training.

"$vamen" prepare --synthetic --out breaks.vamen --preset tiny --count 40 --seed 1 2>/dev/null >&2
train() {  # folder [option...]
  local out=$1
  shift
  status=0
  "$vamen" train breaks.vamen --out "$out" --preset tiny --steps 64 --batch-size 2 \
    --checkpoint-every 32 --preview-every 0 --device "$device" --seed 3 "$@" \
    >/dev/null 2>log || status=$?
}
goes_on() {  # with room again, the run ends as if nothing had happened
  local resume=()
  widen
  [ -e "$cut/config.json" ] && resume=(--resume)
  train "$cut" "${resume[@]}"
  [ "$status" -eq 0 ] || fail "with room again: $(cat log)"
  same
}

train whole
[ "$status" -eq 0 ] || fail "the undisturbed run: $(cat log)"
pages() { echo $((($(stat -c %s "whole/$1") + 4095) / 4096 * 4)); }
state=$(pages checkpoints/state-last.safetensors)
model=$(pages checkpoints/last.safetensors)
# The state before the first step, and a dozen pages of settings, metrics and page around it: from
# there on rows are what needs room, up to the first checkpoint of three models and a state.
rooms=(0 4 8 12 16 $((state / 2)))
for ((room = state; room <= state + 48; room += 4)); do rooms+=("$room"); done
for halves in 1 3 5; do rooms+=($((state + 80 + halves * model / 2))); done
rooms+=($((state + 80 + 3 * model + state / 2)))
# And up to the second one.
later=$((state + 80 + 7 * model / 2 + state))
rooms+=("$later")
for room in "${rooms[@]}"; do
  rm -rf "$cut"
  leave "$room"
  train "$cut"
  refused "training with $room KiB"
  [ ! -e "$cut/config.json" ] || grep -q -- '--resume' log || fail "no way to go on: $(cat log)"
  readable "a disk of $room KiB"
  [ "$room" -ne "$later" ] || [ -e "$cut/checkpoints/step-000032.safetensors" ] \
    || fail "the first checkpoint is not there"
  goes_on
done

# A preview and the page: the checkpoint of their step is there.
for room in 4 8 16 32 48 64; do
  rm -rf "$cut"
  cp -r whole "$cut"
  rm -r "$cut/previews/step-000064"
  leave "$room"
  train "$cut" --resume
  refused "a preview with $room KiB"
  grep -q -- '--resume' log || fail "no way to go on: $(cat log)"
  readable "a disk of $room KiB"
  goes_on
done
rm -rf "$cut"
for kind in config.json environment.json metrics.csv metrics.jsonl events.out.tfevents \
  /last.safetensors best.safetensors step-000032.safetensors state-last.safetensors \
  previews/ index.html; do
  grep -q "$kind" <<<"$seen" || fail "no disk was full while $kind was written"
done
echo "Training: $((${#rooms[@]} + 6)) full disks, while each kind of file was written."

# Preparing: a disk that is too small is refused at once; one that another process fills meanwhile
# leaves the old data set as it was.

prepare() {  # file
  "$vamen" prepare --synthetic --out "$1" --preset full --count 400 --seed 1 >/dev/null 2>log
}
status=0
leave 2048
prepare disk/breaks.vamen || status=$?
[ "$status" -eq 1 ] && grep -q 'disk/breaks.vamen: .* MiB are needed, .* MiB are free' log \
  && ! left || fail "a disk that is too small: $(cat log)"
widen
prepare whole.vamen || fail "the undisturbed data set: $(cat log)"
cp breaks.vamen disk/breaks.vamen
status=0
prepare disk/breaks.vamen &
process=$!
until [ "$(used)" -gt 4096 ]; do
  kill -0 "$process" 2>/dev/null || fail "preparing ended before the disk was full: $(cat log)"
done
# Another picture may be written between looking and setting the size.
until leave 256 2>/dev/null; do kill -0 "$process" 2>/dev/null || break; done
wait "$process" || status=$?
refused "preparing"
"$vamen" inspect disk/breaks.vamen --verify >/dev/null 2>problem || fail "the old data set: $(cat problem)"
cmp -s breaks.vamen disk/breaks.vamen || fail "the old data set has changed"
[ "$(left)" = breaks.vamen ] || fail "left behind: $(left)"
widen
prepare disk/breaks.vamen || fail "with room again: $(cat log)"
cmp -s whole.vamen disk/breaks.vamen || fail "with room again, another data set"
echo "Preparing: a small disk refused, one that becomes full leaves the old data set whole."
