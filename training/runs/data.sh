#!/usr/bin/env bash
# What every recipe begins with: the base with its vocabulary pruned, generated rows, the mixture, the held-out rows.
#
#   training/runs/data.sh BASE DATA OUT
#
# BASE: Hugging Face folder of multilingual-e5-small. DATA: folder with train.jsonl.gz, written/*.jsonl, dev/*.jsonl.
# What is there already is not made again. EXTRA and DROP, if set: further files of rows
# (of training.data.probe, training.data.mine, training.data.crops), ids of training.data.clean. CAP, WRITTEN: options of training.data.mixture.
# ASK: a model folder that is asked which rows it does not know yet; asked.npz is the mixture with its answers. THREADS: for that.
set -euo pipefail
base=$1 data=$2 out=$3
mkdir -p "$out"
read -ra extra <<<"${EXTRA:-}"
corpus=("$data"/written/*.jsonl training/data/corpus/*.jsonl)

[ -f "$out/base/model.safetensors" ] ||
  python -m training.data.vocabulary "$base" "$out/base" "$data/train.jsonl.gz" "$data"/written/*.jsonl --size 48000
[ -f "$out/generated.jsonl" ] ||
  python -m training.data.generate "$out/generated.jsonl" --benign "$data/train.jsonl.gz" --corpus "${corpus[@]}" --seed 11
[ -f "$out/mixture.npz" ] ||
  python -m training.data.mixture "$out/base/tokenizer.json" "$out/mixture.npz" "$data/train.jsonl.gz" "${corpus[@]}" \
    "$out/generated.jsonl" "${extra[@]}" --cap "${CAP:-300}" ${WRITTEN:+--written "$WRITTEN"} ${DROP:+--drop "$DROP"}
[ -f "$out/held.npz" ] ||
  python -m training.data.mixture "$out/base/tokenizer.json" "$out/held.npz" "$data"/dev/*.jsonl --as-is
[ -z "${ASK:-}" ] || [ -f "$out/asked.npz" ] ||
  python -m training.data.difficulty "$ASK" "$out/mixture.npz" "$out/asked.npz" --rows 110000 --threads "${THREADS:-2}"
