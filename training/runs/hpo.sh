#!/usr/bin/env bash
# Search the options of a run: the space of training/configs/hpo.yaml, a study in OUT/hpo/study.db that can be resumed.
#
#   training/runs/hpo.sh BASE DATA OUT
#
# BASE and DATA as in data.sh; a TRAINED base folder, if set, is begun from instead of the pruned one.
set -euo pipefail
base=$1 data=$2 out=$3
training/runs/data.sh "$base" "$data" "$out"
python -m training.hpo --config training/configs/hpo.yaml --base "${TRAINED:-$out/base}" --data "$out/mixture.npz" \
  --validation "$out/held.npz" --out "$out/hpo" --threads "${THREADS:-1}"
