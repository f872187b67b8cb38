#!/usr/bin/env bash
# Checks what a program or library that embeds the generator needs at run time: the system's own
# libraries and zlib. Not FFTW, libsndfile, libsamplerate or libpng; not Vulkan, which is opened when
# there is one; with --swift also Swift's libraries, without it not those either.
set -euo pipefail
allowed='libz\.so|libc\.so|libm\.so|libgcc_s\.so|libstdc\+\+\.so|libpthread\.so|libdl\.so|librt\.so|libutil\.so|ld-linux'
if [ "${1:-}" = --swift ]; then
  allowed="$allowed|libswift|libdispatch|libBlocksRuntime|libFoundation|lib_Foundation"
  shift
fi
needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ -n "$needed" ] || { echo "$1: no dynamic section"; exit 1; }
echo "$(basename "$1"), $(stat -Lc %s "$1") bytes, needs:" $needed
if foreign=$(grep -vE "^($allowed)" <<<"$needed"); then
  echo "$1 needs what an embedding app must not:" $foreign
  exit 1
fi
# Names that would be opened later are no links, but the list has only one.
if strings "$1" | grep -E '^lib(fftw3?f?|sndfile|samplerate|png[0-9]*)\.so'; then
  echo "$1 opens what an embedding app must not"
  exit 1
fi
