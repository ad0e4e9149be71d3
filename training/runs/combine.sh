#!/usr/bin/env bash
# A model of two networks: the fast branch of a published model, and a second network, begun from the pruned base itself without
# anything of earlier versions, as a deep branch that reads the text too. Version 7: sections 14 to 16 of training/LOG.md.
#
#   training/runs/combine.sh MODEL BASE DATA OUT
#
# MODEL: folder of the published model; it is also asked what rows it does not know yet. BASE and DATA as in data.sh. THREADS,
# OVERRIDES as in dual.sh. Version 7's second network got its newest rows while it ran; here all are there from the beginning.
set -euo pipefail
model=$1 base=$2 data=$3 out=$4
ASK=$model CAP=1500 WRITTEN=0.6 training/runs/data.sh "$base" "$data" "$out"
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config training/configs/from_base.yaml --base "$out/base" --data "$out/asked.npz" \
  --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
[ -f "$out/fast.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/fast.pt"
python -m training.deploy.combine "$out/fast.pt" "$out/run/last.pt" "$out/blended.pt"
training/runs/package.sh "$data" "$out"
