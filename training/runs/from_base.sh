#!/usr/bin/env bash
# The dual-branch model from the pruned base itself, without anything of earlier versions: the run of sections 14 and 15 of training/LOG.md.
#
#   training/runs/from_base.sh MODEL BASE DATA OUT
#
# MODEL: folder of a published model, which is asked what rows it does not know yet; nothing of its weights is taken. BASE and DATA as
# in data.sh. THREADS, OVERRIDES as in dual.sh. That run got its newest rows while it ran.
set -euo pipefail
model=$1 base=$2 data=$3 out=$4
ASK=$model CAP=1500 WRITTEN=0.6 training/runs/data.sh "$base" "$data" "$out"
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config training/configs/from_base.yaml --base "$out/base" --data "$out/asked.npz" \
  --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.blend "$out/run/last.pt" "$out/base" "$out/blended.pt" --share 1
training/runs/package.sh "$data" "$out"
