#!/usr/bin/env bash
# Unpacks what Debian has no package of its own for into a folder: SwiftShader and a validation
# layer newer than vulkan-validationlayers, both parts of chromium-common. Installs nothing.
#
#   Tests/unpack-devices.sh FOLDER
#
# Leaves FOLDER/swiftshader.json (a driver manifest, for VK_DRIVER_FILES) and FOLDER/layers (for
# VK_LAYER_PATH). Says why on standard output and fails when the package cannot be had.
set -u
folder=$1
mkdir -p "$folder" && cd "$folder" && folder=$PWD || { echo "cannot write $1"; exit 1; }
[ -e layers/validation.json ] && exit 0

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null \
  || { echo "no apt-get here to get chromium-common with"; exit 1; }
as_root=()
[ "$(id -u)" -eq 0 ] || ! command -v sudo >/dev/null || as_root=(sudo -n)
apt-get download -q chromium-common >/dev/null 2>&1 \
  || { "${as_root[@]}" apt-get update -qq >/dev/null 2>&1
       apt-get download -q chromium-common >/dev/null 2>&1; } \
  || { echo "chromium-common cannot be downloaded"; exit 1; }

rm -rf unpacked
dpkg-deb --fsys-tarfile chromium-common_*.deb \
  | tar -x --one-top-level=unpacked --wildcards '*/libvk_swiftshader.so' \
    '*/libVkLayer_khronos_validation.so'
rm -f chromium-common_*.deb
libraries=$(find "$folder/unpacked" -name 'libvk*' -printf '%h\n' | head -1)
swiftshader=$libraries/libvk_swiftshader.so
validation=$libraries/libVkLayer_khronos_validation.so
[ -e "$swiftshader" ] && [ -e "$validation" ] \
  || { echo "this chromium-common holds no SwiftShader or no validation layer"; exit 1; }

cat >swiftshader.json <<END
{"file_format_version": "1.0.0", "ICD": {"library_path": "$swiftshader", "api_version": "1.3.0"}}
END
mkdir -p layers
cat >layers/validation.json.part <<END
{
  "file_format_version": "1.2.0",
  "layer": {
    "name": "VK_LAYER_KHRONOS_validation",
    "type": "GLOBAL",
    "library_path": "$validation",
    "api_version": "1.4.0",
    "implementation_version": "1",
    "description": "Khronos validation layer",
    "instance_extensions": [
      {"name": "VK_EXT_debug_utils", "spec_version": "2"},
      {"name": "VK_EXT_layer_settings", "spec_version": "2"},
      {"name": "VK_EXT_validation_features", "spec_version": "6"}
    ]
  }
}
END
mv layers/validation.json.part layers/validation.json
