#!/usr/bin/env bash
# Build the native core with sanitizers and run it.
#
#   tools/run_sanitized.sh [pytest arguments]     AddressSanitizer and UndefinedBehaviorSanitizer under the tests
#   tools/run_sanitized.sh thread                 ThreadSanitizer under eight threads that share a guard of the C API
#
# Wants the test extra installed (pip install -e '.[test]'), cmake, ninja, and clang (CXX=clang++-19 names one). g++ will
# do, but g++ 12 took more than eight minutes for the sanitized AVX-512 kernels, where clang 19 took half a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
export CXX=${CXX:-$(command -v clang++ || command -v g++)}
jobs=${JOBS:-$(nproc)}

build() {  # folder, sanitizers, targets…
  local folder=$1 sanitizers=$2
  shift 2
  cmake -S . -B "$folder" -G Ninja -DTINYGUARD_SANITIZE="$sanitizers" -DTINYGUARD_WERROR=ON -DCMAKE_BUILD_TYPE=None \
    -Dpybind11_DIR="$(python -m pybind11 --cmakedir)" -DPython_EXECUTABLE="$(command -v python)"
  cmake --build "$folder" --parallel "$jobs" --target "$@"
}

threads() {
  local folder=build/sanitize-thread work
  work=$(mktemp -d)
  trap "rm -rf '$work'" EXIT  # expanded here: the local is gone when it runs
  build "$folder" thread tinyguard
  "$(sed 's/clang++/clang/; s/g++/gcc/' <<<"$CXX")" -std=c99 -g -fsanitize=thread -Itinyguard/include tests/capi/threads.c -o "$work/threads" -L"$folder" \
    -Wl,-rpath,"$PWD/$folder" -ltinyguard -pthread
  split -l 3 bench/attacks/texts.jsonl "$work/text."
  local runtime
  runtime=$(python -c 'import onnxruntime, pathlib
print(next((pathlib.Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so*")))')
  # ONNX Runtime is not instrumented: what it does between its own threads cannot be judged.
  TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1 \
    "$work/threads" tinyguard/weights "$runtime" tinyguard/data/language.bin "$work"/text.*
}

addresses() {
  local folder=build/sanitize site=build/sanitize/site runtimes
  [ $# -gt 0 ] || set -- tests/text tests/detect tests/views tests/align tests/kernels tests/ops tests/tokenizer \
    tests/capi tests/fuzz
  build "$folder" address,undefined _core tinyguard_ops tinyguard
  rm -rf "$site" && mkdir -p "$site"
  # A copy of the tree, for pytest puts the folder above the tests first on the path.
  tar -c --exclude=./build --exclude=./.git --exclude='./tinyguard/*.so' . | tar -x -C "$site"
  cp "$folder"/_core*.so "$folder"/libtinyguard*.so "$site/tinyguard/"
  # The interpreter itself is not instrumented: the runtimes are loaded first, and its leaks are not ours to report.
  case $("$CXX" --version) in
    *clang*) runtimes=$("$CXX" -print-file-name=libclang_rt.asan-$(uname -m).so) ;;
    *) runtimes="$("$CXX" -print-file-name=libasan.so) $("$CXX" -print-file-name=libubsan.so)" ;;
  esac
  export LD_PRELOAD=$runtimes
  export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  cd "$site" && PYTHONPATH=. python -m pytest -p no:cacheprovider "$@"
}

if [ "${1:-}" = thread ]; then threads; else addresses "$@"; fi
