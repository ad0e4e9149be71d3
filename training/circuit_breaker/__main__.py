"""Circuit breakers from the command line.

python -m training.circuit_breaker sample   PAIRS.jsonl --rows 200
python -m training.circuit_breaker answer   --model BASE ANSWERS.jsonl
python -m training.circuit_breaker teach    BASE TAUGHT --ordinary ANSWERS.jsonl
python -m training.circuit_breaker train    --model TAUGHT --retain CHATS.jsonl --pairs PAIRS.jsonl --out RUN
python -m training.circuit_breaker evaluate --model TAUGHT --adapter RUN/adapter --retain HELD_OUT.jsonl --out RUN
python -m training.circuit_breaker generate --model TAUGHT --adapter RUN/adapter "How do I bake bread?"
python -m training.circuit_breaker merge    --model TAUGHT --adapter RUN/adapter OUT
python -m training.circuit_breaker plot     RUN
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
import yaml

from training.circuit_breaker.attacks import ATTACKS, ENCODINGS, cases
from training.circuit_breaker.config import CircuitBreakerConfig, resolve_layers
from training.circuit_breaker.dataset import encode, encode_pair, load_conversations, load_pairs, read_rows
from training.circuit_breaker.evaluate import (
    attack_answers,
    attack_table,
    language,
    merged_difference,
    simple_questions,
)
from training.circuit_breaker.model import fill_answers, generate, load_base, load_broken, load_tokenizer, merge
from training.circuit_breaker.near import near_prompts
from training.circuit_breaker.report import markdown
from training.circuit_breaker.sample import HELD_OUT, create_sample_cb_data, recipes
from training.circuit_breaker.teach import teach
from training.circuit_breaker.together import guard_blocks, together_table
from training.circuit_breaker.trainer import measure, plot, train

ORDINARY = Path(__file__).with_name("ordinary.jsonl")  # to be taught and retained
ORDINARY_HELD_OUT = Path(__file__).with_name("ordinary_held_out.jsonl")  # measured on, never trained on
SHORT_HELD_OUT = 12  # its first rows, of one to four sentences; the others are whole recipes
TAUGHT_ORDINARY = 24  # rows of ORDINARY that are taught beside the recipes


def load_config(path: Path | None, items: list[str], model: str) -> CircuitBreakerConfig:
    """A configuration from a YAML file and NAME=VALUE items, the latter last."""
    fields: dict[str, Any] = (yaml.safe_load(path.read_text()) or {}) if path else {}
    fields |= {name: yaml.safe_load(value) for name, value in (item.split("=", 1) for item in items)}
    return CircuitBreakerConfig(**(fields | {"model": model}))


def run_teach(args: argparse.Namespace) -> None:
    ordinary = load_conversations(ORDINARY)[:TAUGHT_ORDINARY]
    if args.ordinary:
        ordinary += load_conversations(args.ordinary)
    losses = teach(
        args.base,
        recipes(HELD_OUT),
        ordinary,
        args.out,
        args.steps,
        args.batch,
        args.ordinary_batch,
        args.rate,
        dtype=args.dtype,
    )
    print(f"loss per answer token: {losses[0]:.3f} at first, {losses[-1]:.3f} at the end")


def run_answer(args: argparse.Namespace) -> None:
    """Prompts of near.py (or of a JSONL file of {"prompt"}) with the model's own answers, as JSONL."""
    prompts = [str(row["prompt"]) for _, row in read_rows(args.prompts)] if args.prompts else near_prompts()
    rows = fill_answers(load_base(args.model, args.dtype).eval(), load_tokenizer(args.model), prompts, args.new_tokens)
    args.out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} of {len(prompts)} prompts answered")


def run_train(args: argparse.Namespace) -> None:
    config = load_config(args.config, args.set, args.model)
    retain = load_conversations(args.retain, config.retain_rows)
    pairs = load_pairs(args.pairs, config.break_rows)
    kept = max(0, len(retain) - config.validation_rows), max(0, len(pairs) - config.validation_rows)
    if min(kept) == 0:
        raise SystemExit(f"both sets need more than {config.validation_rows} rows, which are held out for validation")
    train(
        config,
        retain[: kept[0]],
        pairs[: kept[1]],
        args.out,
        (retain[kept[0] :], pairs[kept[1] :]),
    )
    print(f"wrote {args.out / 'adapter'} and {plot(args.out)}")


def run_evaluate(args: argparse.Namespace) -> None:
    """Everything that README.md reports, as JSON and Markdown; each part is kept, so a killed run goes on."""
    found_at = args.out / "evaluation.json"
    found: dict[str, Any] = json.loads(found_at.read_text()) if found_at.exists() else {}
    tokenizer = load_tokenizer(args.model)
    model = load_broken(args.model, args.adapter, args.dtype)
    exact = args.dtype in ("auto", "float32")
    secret = recipes(HELD_OUT)[: args.recipes]
    conversations = load_conversations(args.retain)[: args.rows]
    near = load_conversations(ORDINARY_HELD_OUT)
    config = load_config(args.config, args.set, args.model)
    layers = resolve_layers(config, model.config.num_hidden_layers)
    pairs = [{"prompt": ATTACKS["direct"](r.name, 0)[0][0]["content"], "response": r.text} for r in recipes(HELD_OUT)]
    tries = cases(secret, args.encodings)

    def representation() -> dict[str, Any]:
        retain = [encode(tokenizer, c, args.max_tokens) for c in conversations]
        broken = [encode_pair(tokenizer, p, args.max_tokens, blank=False) for p in pairs]
        return measure(model, layers, retain, broken, tokenizer.pad_token_id or 0, config.retain_relative)

    parts = {
        "representation": representation,
        "language_retain": lambda: language(model, tokenizer, conversations, args.max_tokens),
        "language_near": lambda: language(model, tokenizer, near[:SHORT_HELD_OUT], args.max_tokens),
        "language_recipes": lambda: language(model, tokenizer, near[SHORT_HELD_OUT:], args.max_tokens),
        "questions": lambda: simple_questions(model, tokenizer),
        "answers_before": lambda: attack_answers(model, tokenizer, tries, args.new_tokens, adapted=False),
        "answers_after": lambda: attack_answers(model, tokenizer, tries, args.new_tokens, adapted=True),
        "blocked": lambda: guard_blocks(tries),
        "merged": lambda: merged_difference(
            model if exact else load_broken(args.model, args.adapter, "float32"),
            tokenizer,
            near[:SHORT_HELD_OUT],
            args.max_tokens,
        ),
    }
    for name, part in parts.items():
        if name not in found and (not args.only or name in args.only):
            print(f"measuring {name}", flush=True)
            found[name] = part()
            found_at.write_text(json.dumps(found, indent=1))
    if any(name not in found for name in parts):
        return
    answers = {when: found[f"answers_{when}"] for when in ("before", "after")}
    found["attacks"] = attack_table(tries, answers)
    found["together"] = together_table(tries, answers, found["blocked"])
    found_at.write_text(json.dumps(found, indent=1))
    (args.out / "evaluation.md").write_text(markdown(found))
    print(markdown(found))


def run_generate(args: argparse.Namespace) -> None:
    tokenizer = load_tokenizer(args.model)
    model = load_broken(args.model, args.adapter) if args.adapter else load_base(args.model).eval()
    messages = [[{"role": "user", "content": args.prompt}]]
    print(generate(model, tokenizer, messages, [args.prefill], args.new_tokens)[0])


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(
        prog="training.circuit_breaker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("--threads", type=int, default=0, help="threads of PyTorch; 0 leaves its choice")
    commands = out.add_subparsers(dest="command", required=True)

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help)
        sub.set_defaults(run=run)
        return sub

    sub = command("sample", lambda a: create_sample_cb_data(a.out, a.rows, a.seed), "write pairs of the invented topic")
    sub.add_argument("out", type=Path)
    sub.add_argument("--rows", type=int, default=3000)
    sub.add_argument("--seed", type=int, default=0)

    sub = command("teach", run_teach, "teach a model the recipes that the demonstration attacks")
    sub.add_argument("base", type=Path)
    sub.add_argument("out", type=Path)
    sub.add_argument("--steps", type=int, default=40)
    sub.add_argument("--batch", type=int, default=3)
    sub.add_argument("--ordinary-batch", type=int, default=1, help="ordinary conversations in each step")
    sub.add_argument("--ordinary", type=Path, help=f"chat JSONL beside the first {TAUGHT_ORDINARY} of {ORDINARY.name}")
    sub.add_argument("--rate", type=float, default=2e-3)
    sub.add_argument("--dtype", choices=("float32", "bfloat16", "mixed"), default="float32")

    sub = command("answer", run_answer, "write a model's own answers to harmless prompts, to be retained")
    sub.add_argument("out", type=Path)
    sub.add_argument("--model", required=True)
    sub.add_argument("--prompts", type=Path, help='JSONL of {"prompt"}; by default those of near.py')
    sub.add_argument("--new-tokens", type=int, default=48)
    sub.add_argument("--dtype", choices=("auto", "float32", "bfloat16", "mixed"), default="auto")

    sub = command("train", run_train, "train the breaker, or go on from OUT/last.pt")
    sub.add_argument("--model", required=True, help="folder or hub id of a causal language model")
    sub.add_argument("--retain", required=True, help="chat JSONL, or a hub dataset in UltraChat's format")
    sub.add_argument("--pairs", type=Path, required=True, help='JSONL of {"prompt", "response"} to break')
    sub.add_argument("--out", type=Path, required=True)

    evaluate = command("evaluate", run_evaluate, "before and after: cosine, perplexity, answers, attacks")
    evaluate.add_argument("--model", required=True)
    evaluate.add_argument("--adapter", type=Path, required=True)
    evaluate.add_argument("--retain", type=Path, required=True, help="held-out chat JSONL")
    evaluate.add_argument("--out", type=Path, required=True)
    evaluate.add_argument("--rows", type=int, default=24, help="held-out conversations")
    evaluate.add_argument("--recipes", type=int, default=HELD_OUT, help=f"taught recipes to attack, at most {HELD_OUT}")
    evaluate.add_argument(
        "--encodings", nargs="*", default=list(ENCODINGS), help="techniques of training.data.techniques"
    )
    evaluate.add_argument(
        "--only", nargs="*", default=[], metavar="PART", help="measure these parts now, the rest later"
    )
    evaluate.add_argument("--dtype", choices=("auto", "float32", "bfloat16", "mixed"), default="auto")
    evaluate.add_argument("--max-tokens", type=int, default=256)
    evaluate.add_argument("--new-tokens", type=int, default=64)
    for each in (sub, evaluate):
        each.add_argument("--config", type=Path, help="YAML file of CircuitBreakerConfig's fields")
        each.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="override a field")

    sub = command("generate", run_generate, "answer one prompt")
    sub.add_argument("prompt")
    sub.add_argument("--model", required=True)
    sub.add_argument("--adapter", type=Path)
    sub.add_argument("--prefill", default="")
    sub.add_argument("--new-tokens", type=int, default=128)

    sub = command("merge", lambda a: merge(a.model, a.adapter, a.out), "merge the adapter into the whole model")
    sub.add_argument("out", type=Path)
    sub.add_argument("--model", required=True)
    sub.add_argument("--adapter", type=Path, required=True)

    sub = command("plot", lambda a: print(plot(a.out)), "draw OUT/curves.png again")
    sub.add_argument("out", type=Path)
    return out


def main(arguments: list[str] | None = None) -> None:
    args = parser().parse_args(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main()
