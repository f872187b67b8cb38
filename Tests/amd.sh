#!/usr/bin/env bash
# Compiles every kernel of the largest preset, batch 64, with AMD's production compiler for a GPU that is not
# there (Mesa's null device): fails on products that spill registers or have fewer than 4 waves per
# SIMD, on other kernels that spill more than 16 (32 in reproducible arithmetic), on any fused
# multiply-add in reproducible arithmetic, and where too few of the hot loop's instructions are
# multiply-adds.
# usage: Tests/amd.sh POLARIS10|VEGA10|VEGA20|NAVI10|NAVI21|GFX1100
set -euo pipefail
cd "$(dirname "$0")/.."

family=$1
case $family in
  POLARIS* | VEGA*) share=75 ;;  # 64 registers for 4 waves: tiles of 8 x 4 instead of 8 x 8
  *) share=80 ;;
esac
driver=/usr/share/vulkan/icd.d/radeon_icd.x86_64.json
[ -e "$driver" ] || { echo "There is no $driver: install mesa-vulkan-drivers."; exit 1; }
export RADV_FORCE_FAMILY=$family VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver
for precision in float32 mixed; do
  .build/release/vamen kernels --device radv --preset full --batch-size 64 --precision "$precision" \
    --check --least-share "$share" | tail -1
done
