#!/usr/bin/env bash
# Sets the time of day back and forth while a run goes on: the files must be those of a run that nobody
# disturbed, dates in event files never go back, and speeds do not notice.
#
#   Tests/clock-jump.sh [DEVICE]          cpu
#
# No clock of the machine is touched: ClockJump/clock.c is loaded before the C library and jumps when
# this script says so. It takes Linux and a C compiler; without them the exit status is 77.
set -euo pipefail
device=${1:-cpu}
tests=$(cd "$(dirname "$0")" && pwd)
vamen=${VAMEN:-$tests/../.build/release/vamen}
. "$tests/run-folder.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! reason=$({ [ "$(uname)" = Linux ] || { echo "no Linux"; false; }; } 2>&1 \
  && cc -shared -fPIC -O1 -o "$folder/clock.so" "$tests/ClockJump/clock.c" 2>&1); then
  echo "no jumping clock can be had here: $reason"
  exit 77
fi
[ "$device" = --check ] && exit 0

cd "$folder"
whole=whole
cut=cut
"$vamen" prepare --synthetic --out breaks.vamen --preset tiny --count 40 --seed 1 2>/dev/null >&2
train() {  # folder [option...]
  local out=$1
  shift
  "$vamen" train breaks.vamen --out "$out" --preset tiny --steps 200 --batch-size 4 \
    --checkpoint-every 50 --preview-every 0 --device "$device" --seed 3 "$@" >/dev/null
}
jumping() { LD_PRELOAD=$folder/clock.so CLOCK_OFFSET_FILE=$folder/offset "$@"; }
train whole 2>log || fail "the undisturbed run: $(cat log)"

# A day ahead at first, then three days back and forth at every checkpoint.
echo 86400 >offset
[ "$(($(jumping date +%s) - $(date +%s)))" -ge 86399 ] || fail "the clock does not jump"
jumping train cut 2>log &
process=$!
for jump in 050:-259200 100:259200 150:-604800; do
  until [ -e "cut/checkpoints/step-000${jump%:*}.safetensors" ]; do
    kill -0 "$process" 2>/dev/null || break
    sleep 0.01
  done
  echo "${jump#*:}" >offset
done
wait "$process" || fail "the run whose clock jumps: $(cat log)"
same
python3 - <<'PYTHON' || fail "dates or speeds have noticed"
import csv, glob, struct, sys, time

dates = []
for name in sorted(glob.glob("cut/tensorboard/*")):
    data, position = open(name, "rb").read(), 0
    while position < len(data):
        (length,) = struct.unpack_from("<Q", data, position)
        assert data[position + 12] == 0x09  # Event.wall_time
        dates.append(struct.unpack_from("<d", data, position + 13)[0])
        position += length + 16
assert dates == sorted(dates) and len(dates) > 200, "dates go back"
# All of them a day ahead, as the clock was when the run began.
assert all(80000 < date - time.time() < 90000 for date in dates), (dates[0], dates[-1], time.time())
rows = list(csv.DictReader(open("cut/metrics.csv")))
assert len(rows) == 200 and all(0 < float(row["seconds"]) < 600 for row in rows), "seconds"
assert all(0.01 < float(row["images_per_second"]) < 1e6 for row in rows), "images per second"
PYTHON
echo "The clock jumped by days three times: the same bytes, dates ascend, speeds are steady."
