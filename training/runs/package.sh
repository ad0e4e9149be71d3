#!/usr/bin/env bash
# What dual.sh, continue.sh, combine.sh, renew.sh and deepen.sh end with: n-grams, and a locator where the fast branch has learned none, fitted beside the blended weights; packaged, calibrated, judged.
#
#   training/runs/package.sh DATA OUT
#
# DATA as in data.sh; OUT as the other scripts left it, with base, mixture.npz and blended.pt. THREADS as there.
set -euo pipefail
data=$1 out=$2
[ -f "$out/ngrams.npz" ] || python -m training.ngrams "$out/mixture.npz" "$out/ngrams.npz"
python -m training.package "$out/blended.pt" "$out/base/tokenizer.json" "$out/model" --ngrams "$out/ngrams.npz"
if grep -q '"run_tokens": 0' "$out/model/model.json"; then # the fast branch has learned no locator of its own
  [ -f "$out/locator.npz" ] ||
    python -m training.locate "$out/model" "$out/mixture.npz" "$out/locator.npz" --threads "${THREADS:-2}"
  python -m training.package "$out/blended.pt" "$out/base/tokenizer.json" "$out/model" --ngrams "$out/ngrams.npz" \
    --locator "$out/locator.npz"
fi
python -m training.calibrate "$out/model" "$data"/dev/*.jsonl
tinyguard eval --model "$out/model" "$data"/dev/*.jsonl
