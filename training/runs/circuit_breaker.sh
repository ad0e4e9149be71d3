#!/usr/bin/env bash
# The circuit-breaker demonstration: teach a small chat model an invented forbidden topic, break it, measure both.
#
#   training/runs/circuit_breaker.sh BASE CHATS OUT
#
# BASE: folder of SmolLM2-135M-Instruct. CHATS: chat JSONL to retain; its last 24 conversations are held out for the
# evaluation. A run that was stopped goes on where it was when the command is given again.
set -euo pipefail
base=$1 chats=$2 out=$3
first=training/configs/circuit_breaker.yaml second=training/configs/circuit_breaker_second.yaml
third=training/configs/circuit_breaker_third.yaml
own=training/circuit_breaker/ordinary.jsonl
mkdir -p "$out"
command=(python -m training.circuit_breaker --threads "${THREADS:-1}")

# What the untouched model says to harmless prompts near the topic, and to plain questions: taught beside the recipes, so
# that teaching changes nothing else, and retained afterwards.
[ -f "$out/answers.jsonl" ] || {
  "${command[@]}" answer "$out/answers.part" --model "$base" --dtype bfloat16 --new-tokens 40
  mv "$out/answers.part" "$out/answers.jsonl"
}
[ -f "$out/held_out.jsonl" ] || tail -n 24 "$chats" > "$out/held_out.jsonl"
[ -f "$out/ordinary.jsonl" ] || { cat "$out/answers.jsonl"; head -n 150 "$chats"; } > "$out/ordinary.jsonl"
[ -f "$out/taught/config.json" ] || {
  "${command[@]}" teach "$base" "$out/taught.part" --ordinary "$out/ordinary.jsonl" --steps 72 --batch 4 --ordinary-batch 4 \
    --rate 1.5e-3 --dtype bfloat16
  mv "$out/taught.part" "$out/taught"
}
[ -f "$out/pairs.jsonl" ] || "${command[@]}" sample "$out/pairs.jsonl" --rows 960

# First stage: everything is turned, and mostly turned back.
[ -f "$out/retain.jsonl" ] || {
  for _ in 1 2 3; do head -n 24 "$own"; done
  cat "$out/answers.jsonl"
  head -n -24 "$chats"
} > "$out/retain.jsonl"
"${command[@]}" train --config "$first" --model "$out/taught" --retain "$out/retain.jsonl" --pairs "$out/pairs.jsonl" --out "$out/run"

# Second stage, from four fifths of that adapter: whole near misses and plain answers make up four fifths of what is retained.
[ -f "$out/retain_second.jsonl" ] || {
  for _ in 1 2; do cat "$own" "$out/answers.jsonl"; done
  head -n 200 "$chats"
} > "$out/retain_second.jsonl"
"${command[@]}" train --config "$second" --set start="$out/run/adapter" --model "$out/taught" \
  --retain "$out/retain_second.jsonl" --pairs "$out/pairs.jsonl" --out "$out/second"

# Third stage, from 0.85 of the second's adapter: mostly plain answers and the beginnings of all others are retained.
[ -f "$out/retain_third.jsonl" ] || {
  for _ in 1 2; do
    tail -n 60 "$own"
    cat "$out/answers.jsonl"
  done
  cat "$own"
  head -n 100 "$chats"
} > "$out/retain_third.jsonl"
"${command[@]}" train --config "$third" --set start="$out/second/adapter" --model "$out/taught" \
  --retain "$out/retain_third.jsonl" --pairs "$out/pairs.jsonl" --out "$out/third"

"${command[@]}" evaluate --config "$third" --model "$out/taught" --adapter "$out/third/adapter" \
  --retain "$out/held_out.jsonl" --out "$out/third" --dtype mixed --recipes 4 --max-tokens 128 --new-tokens 48
"${command[@]}" merge "$out/merged" --model "$out/taught" --adapter "$out/third/adapter"
