#!/usr/bin/env bash
# Install a built wheel into a fresh environment and run the tests on it, away from this tree and without a compiler.
#
#   tools/test_wheel.sh WHEEL [pytest arguments]
#
# PYTHON: the interpreter of the environment (default python3). The tests that need a compiler or PyTorch are left out.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
wheel=$(realpath "$1")
shift
root=$(cd "$(dirname "$0")/.." && pwd)
if [[ " $* " != *" tests/"* ]]; then
  set -- "$@" tests/test_guard.py tests/test_verdict.py tests/test_policy.py tests/test_modelfile.py tests/test_windows.py \
    tests/test_import.py tests/test_bundled_model.py tests/test_evaluate.py tests/cli tests/text tests/detect tests/views \
    tests/align tests/tokenizer
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel" pytest pytest-timeout pytest-benchmark hypothesis onnx

# The tests and what they take from beside the package; the package itself is the installed one.
mkdir "$work/run"
cp -r "$root/tests" "$root/training" "$root/bench" "$root/tools" "$work/run/"
cp "$root/pyproject.toml" "$root/README.md" "$work/run/"
mkdir "$work/bin"
for command in sh bash env cat uname ls cp rm mkdir; do ln -s "$(command -v "$command")" "$work/bin/$command"; done
cd "$work/run"
export PATH="$work/venv/bin:$work/bin"
if command -v cc || command -v gcc || command -v c++; then
  echo "a compiler is in the PATH" >&2
  exit 1
fi
python - <<'END'
import pathlib
import sys

import tinyguard

path = pathlib.Path(tinyguard.__file__)
assert pathlib.Path(sys.prefix) in path.parents, path
assert tinyguard.ops.library() is not None, "the library of operators is not in the wheel"
print("testing", path)
END
python -m pytest -p no:cacheprovider "$@"
