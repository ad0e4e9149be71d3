#!/usr/bin/env bash
# On with the deep branch alone of a model of two networks; the fast branch stays as it is. Version 7.2 out of 7.1 (section 18 of
# training/LOG.md), whose newest rows came while it ran and which kept 7.1's n-grams and locator; here all rows are there from the
# beginning, and both are fitted anew.
#
#   training/runs/deepen.sh MODEL BASE DATA OUT
#
# MODEL: folder of the published model. BASE and DATA as in data.sh. THREADS, OVERRIDES as in dual.sh. CONFIG:
# training/configs/deep_locator.yaml instead of deep.yaml teaches the branch where in a row the attack stands as well.
set -euo pipefail
model=$1 base=$2 data=$3 out=$4 config=${CONFIG:-training/configs/deep.yaml}
ASK=$model CAP=1500 WRITTEN=0.6 training/runs/data.sh "$base" "$data" "$out"
[ -f "$out/taught.npz" ] ||
  python -m training.data.teacher "$model" "$out/asked.npz" "$out/taught.npz" --rows 90000 --threads "${THREADS:-2}"
[ -f "$out/start.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/start.pt" --config "$config"
[ -f "$out/whole.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/whole.pt" --config training/configs/continue.yaml
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config "$config" --base "$out/base" --from "$out/start.pt" \
  --data "$out/taught.npz" --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.blend "$out/run/last.pt" "$out/start.pt" "$out/deep.pt" --share 0.6
python -m training.deploy.combine "$out/whole.pt" "$out/deep.pt" "$out/blended.pt"
training/runs/package.sh "$data" "$out"
