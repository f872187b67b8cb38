# What Tests/kill-and-resume.sh and Tests/full-disk.sh ask of run folders; to be sourced. $vamen is the
# program, "$whole" the folder of a run that nobody disturbed, "$cut" that of the one that was.

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "FAILED: $*"
  exit 1
}

readable() {  # Every file of "$cut", read by what users read it with.
  local file
  [ -d "$cut" ] || return 0
  for file in "$cut"/checkpoints/*.safetensors; do
    [ -e "$file" ] || continue
    "$vamen" inspect "$file" >/dev/null 2>problem || fail "$file after $1: $(cat problem)"
  done
  for file in "$cut"/config.json "$cut"/environment.json; do
    [ -e "$file" ] || continue
    grep -q '^}$' "$file" || fail "$file is no whole object after $1"
  done
  for file in $(find "$cut" -name '*.png' ! -name '.*'); do
    [ "$(tail -c 8 "$file" | head -c 4)" = IEND ] || fail "$file has no end after $1"
  done
  for file in $(find "$cut" -name '*.wav' ! -name '.*'); do
    # The length in the header is that of the file.
    [ $(($(od -An -t u4 -j 4 -N 4 "$file") + 8)) -eq "$(stat -c %s "$file")" ] \
      || fail "$file is not whole after $1"
  done
  if [ -e "$cut/index.html" ]; then
    tail -n 2 "$cut/index.html" | grep -q '^</html>$' || fail "$cut/index.html has no end after $1"
  fi
  if [ -s "$cut/metrics.jsonl" ]; then
    [ "$(tail -c 1 "$cut/metrics.jsonl" | od -An -c | tr -d ' ')" = '\n' ] \
      || fail "$cut/metrics.jsonl ends within a row"
  fi
}

without_times() {
  sed -E 's/"(imagesPerSecond|seconds)":[^,}]*//g' "$1/metrics.jsonl"
}

same() {  # The files of "$cut" are those of "$whole".
  local name theirs ours
  [ "$(ls "$whole/checkpoints")" = "$(ls "$cut/checkpoints")" ] || fail "other checkpoints are kept"
  for name in $(ls "$whole/checkpoints"); do
    cmp -s "$whole/checkpoints/$name" "$cut/checkpoints/$name" \
      || fail "$name differs from that of the undisturbed run"
  done
  # All but speed and seconds.
  cmp -s <(cut -d, -f 1-7,10- "$whole/metrics.csv") <(cut -d, -f 1-7,10- "$cut/metrics.csv") \
    || fail "metrics.csv differs from that of the undisturbed run"
  theirs=$(without_times "$whole") && ours=$(without_times "$cut") && [ -n "$theirs" ] \
    && [ "$theirs" = "$ours" ] || fail "metrics.jsonl differs from that of the undisturbed run"
  if command -v python3 >/dev/null; then
    theirs=$(python3 "$tests/events.py" "$whole") && ours=$(python3 "$tests/events.py" "$cut") \
      && [ -n "$theirs" ] && [ "$theirs" = "$ours" ] \
      || fail "TensorBoard's events differ from those of the undisturbed run"
  fi
  for name in $(cd "$whole/previews" && find . -type f); do
    cmp -s "$whole/previews/$name" "$cut/previews/$name" || fail "previews/$name differs"
  done
  [ -z "$(find "$cut" -name '*.partial')" ] || fail "unfinished files are left"
}
