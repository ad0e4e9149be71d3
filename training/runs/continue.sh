#!/usr/bin/env bash
# On from a published model with the data as it is now: what made version 4 out of version 3, 5 out of 4, and 6 out of 5.
#
#   training/runs/continue.sh MODEL BASE DATA OUT
#
# MODEL: folder of the model to begin from. BASE and DATA as in data.sh. THREADS, OVERRIDES as in dual.sh. Benign rows of the
# collected data that MODEL is the least sure of are mined first; both had rows of training.data.probe in EXTRA as well. Version 5:
# OVERRIDES="rate=7e-5 steps=3450 decay=0.59"; version 6: "rate=8e-5 steps=2800 decay=0.56". Both had mixtures that grew while they
# ran (training/LOG.md, sections 6 and 7).
set -euo pipefail
model=$1 base=$2 data=$3 out=$4
mkdir -p "$out"
[ -f "$out/hard.jsonl" ] ||
  python -m training.data.mine "$model" --pool "$data/train.jsonl.gz" --out "$out/hard.jsonl" --count 6000 --sample 160000 \
    --source-share 0.08 --doubt 0.97 --threads "${THREADS:-2}"
EXTRA="$out/hard.jsonl ${EXTRA:-}" training/runs/data.sh "$base" "$data" "$out"
[ -f "$out/start.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/start.pt"
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config training/configs/continue.yaml --base "$out/base" --from "$out/start.pt" \
  --data "$out/mixture.npz" --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.blend "$out/run/last.pt" "$out/start.pt" "$out/blended.pt" --share 0.65
python -m training.package "$out/blended.pt" "$out/base/tokenizer.json" "$out/model"
python -m training.calibrate "$out/model" "$data"/dev/*.jsonl
tinyguard eval --model "$out/model" "$data"/dev/*.jsonl
