#!/usr/bin/env bash
# Build the native core with AddressSanitizer and UndefinedBehaviorSanitizer and run the tests on it.
#
#   tools/run_sanitized.sh [pytest arguments]
#
# Wants the test extra installed (pip install -e '.[test]'), cmake and ninja.
set -euo pipefail
[ $# -gt 0 ] || set -- tests/text tests/detect tests/views tests/align tests/kernels tests/ops tests/tokenizer
cd "$(dirname "$0")/.."
site=build/sanitize/site
cmake -S . -B build/sanitize -G Ninja -DTINYGUARD_SANITIZE=ON -DTINYGUARD_WERROR=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" -DPython_EXECUTABLE="$(command -v python)"
cmake --build build/sanitize
rm -rf "$site" && mkdir -p "$site"
cp -r tinyguard "$site/" && rm -f "$site"/tinyguard/_core*.so "$site"/tinyguard/libtinyguard_ops.so
cp build/sanitize/_core*.so build/sanitize/libtinyguard_ops.so "$site/tinyguard/"
# The interpreter itself is not instrumented: the runtimes are loaded first, and its leaks are not ours to report.
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
PYTHONPATH="$site" python -m pytest -o pythonpath="$site ." -p no:cacheprovider "$@"
