#!/usr/bin/env bash
# Installs the Debian packages named as arguments that are missing, with apt, as root or by sudo.
# A package that this system's archives do not have is reported; the build says what it misses.
set -u

missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "This is not Debian or Ubuntu; please install the equivalents of: ${missing[*]}"
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Please install as root: apt-get install ${missing[*]}"; exit 1; }
  as_root=(sudo)
fi

echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq || echo "apt-get update failed; trying with the lists there are."
if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
  # One by one, so that a missing extra (a driver, the sample sounds) does not stop the rest.
  for package in "${missing[@]}"; do
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$package" >/dev/null \
      || echo "Could not install $package; going on without it."
  done
fi
