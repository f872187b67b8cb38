#!/usr/bin/env bash
# Makes a Python environment with TensorBoard in a folder, unless it is there, and prints its Python.
# Fails with the reason on standard output where that is not possible.
set -u
folder=$1
python=$folder/bin/python
if ! "$python" -c 'import tensorboard' 2>/dev/null; then
  command -v python3 >/dev/null || { echo "python3 is not installed"; exit 1; }
  rm -rf "$folder"
  python3 -m venv "$folder" >/dev/null 2>&1 || { echo "python3-venv is not installed"; exit 1; }
  timeout 120 "$python" -m pip install --quiet --disable-pip-version-check 'tensorboard<3' \
    'setuptools<81' >/dev/null 2>&1 || { echo "pip cannot install tensorboard"; exit 1; }
fi
echo "$PWD/$python"
