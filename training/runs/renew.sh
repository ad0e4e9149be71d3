#!/usr/bin/env bash
# On with the fast branch alone of a model of two networks, with all of that model's answers beside the labels: version 7.1 out of 7.0
# (section 17 of training/LOG.md). The deep branch, which reads the text itself, stays as it is.
#
#   training/runs/renew.sh MODEL BASE DATA OUT
#
# MODEL: folder of the published model. BASE and DATA as in data.sh. THREADS, OVERRIDES as in dual.sh. CONFIG:
# training/configs/fast_locator.yaml instead of fast.yaml teaches the branch where in a row the attack stands as well.
set -euo pipefail
model=$1 base=$2 data=$3 out=$4 config=${CONFIG:-training/configs/fast.yaml}
ASK=$model CAP=1500 WRITTEN=0.6 training/runs/data.sh "$base" "$data" "$out"
[ -f "$out/taught.npz" ] ||
  python -m training.data.teacher "$model" "$out/asked.npz" "$out/taught.npz" --rows 90000 --threads "${THREADS:-2}"
[ -f "$out/start.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/start.pt" --config "$config"
[ -f "$out/whole.pt" ] || python -m training.deploy.restore "$model" "$out/base" "$out/whole.pt" --config training/configs/continue.yaml
read -ra overrides <<<"${OVERRIDES:-}"
python -m training.loop.run --config "$config" --base "$out/base" --from "$out/start.pt" \
  --data "$out/taught.npz" --validation "$out/held.npz" --out "$out/run" --threads "${THREADS:-2}" --set "${overrides[@]}"
python -m training.deploy.renew_fast "$out/whole.pt" "$out/run/last.pt" "$out/blended.pt"
training/runs/package.sh "$data" "$out"
