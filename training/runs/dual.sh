#!/usr/bin/env bash
# The dual-branch model, from rows to a folder that the guard loads, on two CPU cores or on one GPU.
#
#   training/runs/dual.sh BASE DATA OUT
#
# BASE and DATA as in data.sh. A run that was stopped goes on from its last checkpoint when the command is given again.
# THREADS: how many the run may use (default 2). OVERRIDES: options of the run, as "steps=3000 rate=1.2e-4".
# GRAFT: model.onnx of version 2, whose six layers are put under the base's others first (training/model/graft.py).
set -euo pipefail
base=$1 data=$2 out=$3
training/runs/data.sh "$base" "$data" "$out"
start=$out/base
if [ -n "${GRAFT:-}" ]; then
  start=$out/grafted
  [ -d "$start" ] || python -m training.model.graft "$out/base" "$GRAFT" "$start"
fi
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config training/configs/dual.yaml --base "$start" --data "$out/mixture.npz" \
  --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.blend "$out/run/last.pt" "$start" "$out/blended.pt"
training/runs/package.sh "$data" "$out"
