#!/usr/bin/env bash
# On from a published model with the data as it is now: what made version 4 out of version 3, 5 out of 4, and 6 out of 5.
#
#   training/runs/continue.sh MODEL BASE DATA OUT
#
# MODEL: folder of the model to begin from. BASE and DATA as in data.sh. THREADS, OVERRIDES as in dual.sh. The mixture holds as
# much benign data as there is, and MODEL is asked which of its rows it does not know yet (training.data.difficulty); versions 4 to 6
# had some of them mined instead (training.data.mine), and 300 benign rows of a source and language (CAP). EXTRA: rows of training.data.probe. What each version was given as OVERRIDES,
# and which data came while it ran, is in training/LOG.md, sections 5 to 8.
set -euo pipefail
model=$1 base=$2 data=$3 out=$4
ASK=$model CAP=1500 WRITTEN=0.6 training/runs/data.sh "$base" "$data" "$out"
[ -f "$out/start.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/start.pt" --config training/configs/continue.yaml
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config training/configs/continue.yaml --base "$out/base" --from "$out/start.pt" \
  --data "$out/asked.npz" --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.blend "$out/run/last.pt" "$out/start.pt" "$out/blended.pt" --share 0.65
training/runs/package.sh "$data" "$out"
