"""What each part of the model and of the data gives: the same short run once with everything and once without each.

    python -m training.ablate --config training/configs/ablation.yaml --base BASE --data MIXTURE.npz \\
        --validation DEV.npz --out OUT [--arms full no_experts …] [--seeds 1 2 3]

Every run has a folder in OUT and a `result.json` when it is through; given again, the command does what is missing and
goes on with what was stopped. OUT/ablation.md and OUT/ablation.json hold the table of what is there so far.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from training.data.mixture import select
from training.loop import checkpoint
from training.loop.journal import read_log, read_validations
from training.loop.options import RunOptions, read_options
from training.loop.run import train
from training.model.dual import DualBranch
from training.throughput import measure


class Arm(NamedTuple):
    """One line of the table."""

    says: str
    overrides: tuple[str, ...] = ()
    generated: bool = True  # rows that a program made are in the mixture
    pretrained: bool = True  # begins from the pruned base


ARMS = {
    "full": Arm("everything"),
    "no_fast_branch": Arm("the deep branch alone has a say", ("model.fast_branch=false",)),
    "no_deep_branch": Arm("an exit after the fast layers", ("model.deep_branch=false",)),
    "no_routing": Arm("every text is read by both branches", ("model.routing=false",)),
    "no_characters": Arm("no character convolutions", ("model.characters=false",)),
    "no_detectors": Arm("no detector features", ("model.detectors=false",)),
    "no_patterns": Arm("no pattern bank", ("model.patterns=false",)),
    "no_hierarchical_pooling": Arm("simple pooling in both branches", ("model.hierarchical_pooling=false",)),
    "no_experts": Arm("dense layers only", ("model.experts=1", "model.experts_per_token=1")),
    "real_only": Arm("no rows that a program made", generated=False),
    "random_init": Arm("random weights in place of the pruned base", pretrained=False),
}  # fmt: skip

#: Column → how it is written.
COLUMNS = {
    "auc": "{:.3f}", "detection_at_1pct": "{:.1%}", "false_positives": "{:.1%}", "detection": "{:.1%}",
    "macro_f1": "{:.3f}", "parameters": "{:,.0f}", "train_tokens": "{:,.0f}", "forward_tokens": "{:,.0f}",
}  # fmt: skip


def random_base(base: Path, out: Path, seed: int) -> Path:
    """A folder like `base` with BERT's random weights (N(0, 0.02); LayerNorm 1, biases 0), tokenizer and all."""
    generator = torch.Generator().manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    state = {}
    for name, value in load_file(base / "model.safetensors").items():
        fixed = torch.ones_like(value) if "LayerNorm.weight" in name else torch.zeros_like(value)
        drawn = torch.empty_like(value).normal_(0.0, 0.02, generator=generator) if value.dim() > 1 else fixed
        state[name] = drawn
    save_file(state, out / "model.safetensors")
    (out / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    return out


def run_arm(
    arm: Arm, options: RunOptions, base: Path, data: Path, held: Path, out: Path, quiet: bool
) -> dict[str, Any]:
    """Train one arm to its end (or on to it) and give its figures; its checkpoints are deleted then."""
    done = out / "result.json"
    if done.exists():
        found: dict[str, Any] = json.loads(done.read_text())
        return found
    out.mkdir(parents=True, exist_ok=True)
    start, scratch = base, out / "scratch"
    if not arm.pretrained:
        start = random_base(base, scratch, options.seed)
    if not arm.generated:
        arrays = dict(np.load(data))
        if "generated" not in arrays:
            raise ValueError(f"{data}: has no `generated`; build it anew with training.data.mixture")
        data = scratch / "real.npz"
        scratch.mkdir(exist_ok=True)
        np.savez(data, **select(arrays, ~arrays["generated"]))
    train(options, start, data, out, held, quiet=quiet)
    last = read_validations(out / "validation.jsonl")[-1]
    speed = measure(options, options.precision)
    result = {name: last[name] for name in COLUMNS if name in last} | {
        "parameters": sum(p.numel() for p in DualBranch(options.model).parameters()),
        "train_tokens": speed["train"].processor or speed["train"].wall,
        "forward_tokens": speed["forward"].processor or speed["forward"].wall,
        "loss": read_log(out / "log.csv")[-1]["loss"],
        "steps": last["step"],
    }
    for path in (out / checkpoint.LAST, out / checkpoint.BEST, scratch / "model.safetensors", scratch / "real.npz"):
        path.unlink(missing_ok=True)
    done.write_text(json.dumps(result, indent=1))
    return result


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown, an arm a line; several seeds give mean ± standard deviation."""

    def cell(values: list[float | None], form: str) -> str:
        known = [v for v in values if v is not None]
        if not known:
            return "–"
        text = form.format(statistics.fmean(known))
        return f"{text} ± {form.format(statistics.stdev(known))}" if len(known) > 1 and len(set(known)) > 1 else text

    heads = {
        "auc": "AUC", "detection_at_1pct": "detection at 1 %", "false_positives": "false positives at 0.5",
        "detection": "detection at 0.5", "macro_f1": "macro F1", "parameters": "parameters",
        "train_tokens": "tokens/s, training", "forward_tokens": "tokens/s, forward",
    }  # fmt: skip
    lines = ["| arm | " + " | ".join(heads[c] for c in COLUMNS) + " | what is different |"]
    lines.append("|---" * (len(COLUMNS) + 2) + "|")
    for name, runs in results.items():
        cells = [cell([run.get(column) for run in runs], form) for column, form in COLUMNS.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {ARMS[name].says} |")
    return "\n".join(lines) + "\n"


def ablate(
    config: Path | None, overrides: Sequence[str], base: Path, data: Path, held: Path, out: Path,
    arms: Sequence[str] = tuple(ARMS), seeds: Sequence[int] = (1,), quiet: bool = False,
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """Every arm with every seed; the table is written anew after each run."""
    results: dict[str, list[dict[str, Any]]] = {}
    out.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for name in arms:
            options = read_options(config, [*overrides, *ARMS[name].overrides])
            options = dataclasses.replace(options, seed=seed)
            found = run_arm(ARMS[name], options, base, data, held, out / f"{name}-{seed}", quiet)
            results.setdefault(name, []).append({"seed": seed, **found})
            (out / "ablation.json").write_text(json.dumps(results, indent=1))
            (out / "ablation.md").write_text(table(results))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--base", type=Path, required=True, help="folder of the pruned base")
    parser.add_argument("--data", type=Path, required=True, help="array file of training.data.mixture")
    parser.add_argument("--validation", type=Path, required=True, help="array file of held-out rows")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="override an option, dots allowed")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(table(ablate(args.config, args.set, args.base, args.data, args.validation, args.out, args.arms, args.seeds)))


if __name__ == "__main__":
    main()
