#!/usr/bin/env bash
# What each part gives: the table of training.ablate on training/configs/ablation.yaml, run by run, resumable.
#
#   training/runs/ablation.sh BASE DATA OUT
#
# BASE and DATA as in data.sh; a TRAINED base folder, if set, is begun from instead of the pruned one. SEEDS: "1 2 3".
set -euo pipefail
base=$1 data=$2 out=$3
training/runs/data.sh "$base" "$data" "$out"
read -ra seeds <<<"${SEEDS:-1}"
python -m training.ablate --config training/configs/ablation.yaml --base "${TRAINED:-$out/base}" --data "$out/mixture.npz" \
  --validation "$out/held.npz" --out "$out/ablation" --seeds "${seeds[@]}" --threads "${THREADS:-1}"
