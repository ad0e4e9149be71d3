#!/usr/bin/env bash
# A further mixture from what a run got wrong: trigger words, doubtful labels, hard negatives; then the run anew.
#
#   training/runs/second_stage.sh DATA OUT POOL.jsonl
#
# OUT: folder of dual.sh after its run. POOL: benign rows outside the mixture to mine. The next run is in OUT/next.
set -euo pipefail
data=$1 out=$2 pool=$3
model=("$out/run/last.pt" --tokenizer "$out/base/tokenizer.json" --threads "${THREADS:-2}")
corpus=("$data"/written/*.jsonl training/data/corpus/*.jsonl)
mkdir -p "$out/next"

[ -f "$out/next/probe.jsonl" ] ||
  python -m training.data.probe "${model[@]}" --list "$out/next/pieces.jsonl" --rows "$out/next/probe.jsonl" \
    --corpus "${corpus[@]}" --count 4000
[ -f "$out/next/drop.jsonl" ] ||
  python -m training.data.clean "${model[@]}" --data "$data/train.jsonl.gz" --out "$out/next/drop.jsonl" \
    --report "$out/next/clean.md"
[ -f "$out/next/hard.jsonl" ] ||
  python -m training.data.mine "${model[@]}" --pool "$pool" --out "$out/next/hard.jsonl" --count 2000
[ -f "$out/next/mixture.npz" ] ||
  python -m training.data.mixture "$out/base/tokenizer.json" "$out/next/mixture.npz" "$data/train.jsonl.gz" "${corpus[@]}" \
    "$out/generated.jsonl" "$out/next/probe.jsonl" "$out/next/hard.jsonl" --cap 300 --drop "$out/next/drop.jsonl"
python -m training.loop.run --config training/configs/dual.yaml --base "$out/base" --data "$out/next/mixture.npz" \
  --validation "$out/held.npz" --out "$out/next/run" --threads "${THREADS:-2}"
