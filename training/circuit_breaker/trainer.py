"""Train the breaker: four forward passes a step, a validation pass now and then, checkpoint and resume.

A step reads a batch of conversations to retain and a batch of answers to break, each through the original model (the
same weights with the adapter off, no gradient) and through the adapted one. Everything random is a function of the
seed and the step, so a run that was killed continues to the same weights as one that was not.
"""

from __future__ import annotations

import csv
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from training.circuit_breaker.config import CircuitBreakerConfig, Layers
from training.circuit_breaker.dataset import (
    Batch,
    Conversation,
    DataError,
    Encoded,
    collate,
    encode,
    encode_pair,
    rows_of_batch,
)
from training.circuit_breaker.losses import (
    RATE,
    break_loss,
    choose,
    coefficients,
    cosines,
    masked_mean,
    retain_loss,
)
from training.circuit_breaker.model import autocast, load_for_training, load_tokenizer, representations

HISTORY = ("step", "retain_weight", "break_weight", "retain_distance", "cosine", "seconds")
VALIDATION = ("step", "retain_distance", "cosine")


class Data:
    """Tokenized rows of both sets. `batch(index)` gives the index-th pair of batches, whatever came before."""

    def __init__(
        self,
        config: CircuitBreakerConfig,
        tokenizer: PreTrainedTokenizerBase,
        retain: Sequence[Conversation],
        pairs: Sequence[dict[str, str]],
    ):
        self.config, self.pad = config, tokenizer.pad_token_id or 0
        self.retain = [encode(tokenizer, c, config.max_tokens) for c in retain[: config.retain_rows]]
        pairs = pairs[: config.break_rows]
        self.broken = [encode_pair(tokenizer, p, config.max_tokens, blank=False) for p in pairs]
        self.blank = [encode_pair(tokenizer, p, config.max_tokens, blank=True) for p in pairs]
        for i, row in enumerate(self.broken, 1):
            if not any(row.answer):
                raise DataError(f"pair {i}: its prompt fills all {config.max_tokens} tokens and leaves no response")

    def batch(self, index: int) -> tuple[Batch, Batch]:
        """(retain, break) batches; prompts of `blank_prompt` of the break rows are left out."""
        config = self.config
        rows = rows_of_batch(len(self.retain), config.retain_batch or config.batch, index, config.seed)
        retain = [self.retain[r] for r in rows]
        chosen = rows_of_batch(len(self.broken), config.batch, index, config.seed + 1)
        blank = np.random.default_rng([config.seed, index]).random(config.batch) < config.blank_prompt
        broken = [(self.blank if b else self.broken)[r] for r, b in zip(chosen, blank, strict=True)]
        return collate(retain, self.pad), collate(broken, self.pad)


@torch.no_grad()
def measure(
    model: PeftModel,
    layers: Layers,
    retain: Sequence[Encoded],
    broken: Sequence[Encoded],
    pad: int,
    relative: bool = False,
    batch: int = 4,
) -> dict[str, Any]:
    """Retain distance over real tokens, and cosine over answer tokens: mean of the target layers, and each of them."""
    was_training = model.training
    model.eval()
    on = next(model.parameters()).device
    depth = layers.targets[-1] + 1
    totals = {"distance": 0.0, "real": 0.0, "answer": 0.0}
    by_layer = torch.zeros(len(layers.targets))
    for rows, kind in ((retain, "retain"), (broken, "break")):
        for at in range(0, len(rows), batch):
            b = collate(rows[at : at + batch], pad).to(on)
            with autocast(model):
                original = representations(model, b.ids, b.real, depth, adapted=False)
                adapted = representations(model, b.ids, b.real, depth)
            if kind == "retain":
                n = float(b.real.sum())
                totals["distance"] += float(retain_loss(adapted, original, b.real, relative)) * n
                totals["real"] += n
            else:
                n = float(b.answer.sum())
                each = [masked_mean(cosines(adapted[t], original[t])[None], b.answer) for t in layers.targets]
                by_layer += torch.tensor([float(c) for c in each]) * n
                totals["answer"] += n
    model.train(was_training)
    by_layer /= max(1.0, totals["answer"])
    return {
        "retain_distance": totals["distance"] / max(1.0, totals["real"]),
        "cosine": float(by_layer.mean()),
        "cosine_by_layer": {layer: float(c) for layer, c in zip(layers.targets, by_layer, strict=True)},
    }


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([f"{value:.6g}" for value in row] for row in rows)


def train(
    config: CircuitBreakerConfig,
    retain: Sequence[Conversation],
    pairs: Sequence[dict[str, str]],
    out: Path,
    validation: tuple[Sequence[Conversation], Sequence[dict[str, str]]] | None = None,
    stop_at: int | None = None,
) -> tuple[PeftModel, Layers]:
    """Train to `config.steps`, or on from `out/last.pt` where there is one; the adapter is saved in `out/adapter`.

    validation  held-out (conversations, pairs); by default none, and only the training batches are recorded
    stop_at     raise KeyboardInterrupt before this step, as a killed run would end

    Returns the adapted model (its upper blocks dropped, if the config says so) and the layers. ValueError where
    `out/last.pt` belongs to another configuration.
    """
    tokenizer = load_tokenizer(config.model)
    model, layers = load_for_training(config)
    data = Data(config, tokenizer, retain, pairs)
    held_out = (
        [encode(tokenizer, c, config.max_tokens) for c in validation[0][: config.validation_rows]],
        [encode_pair(tokenizer, p, config.max_tokens, blank=False) for p in validation[1][: config.validation_rows]],
    ) if validation else None  # fmt: skip
    on = next(model.parameters()).device
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=config.rate, weight_decay=0.0, fused=True)
    out.mkdir(parents=True, exist_ok=True)
    last = out / "last.pt"
    history: list[list[float]] = []
    checks: list[list[float]] = []
    first = 0
    identity = {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(config).items()}
    if last.exists():
        saved = torch.load(last, map_location=on, weights_only=True)
        usual = dataclasses.asdict(CircuitBreakerConfig())  # for fields that an older checkpoint does not know
        changed = [k for k, v in identity.items() if saved["config"].get(k, usual[k]) != v]
        if changed:
            raise ValueError(f"{last} was written under another configuration ({', '.join(changed)} differ)")
        set_peft_model_state_dict(model, saved["adapter"])
        optimizer.load_state_dict(saved["optimizer"])
        first, history, checks = saved["step"], saved["history"], saved["checks"]

    def validate(step: int) -> None:
        if held_out:
            found = measure(model, layers, *held_out, data.pad, config.retain_relative)
            checks.append([step, found["retain_distance"], found["cosine"]])

    if first == 0:
        validate(0)
    depth, targets = layers.kept if config.drop_layers else layers.targets[-1] + 1, list(layers.targets)
    model.train()
    bar = tqdm(range(first, config.steps), initial=first, total=config.steps, desc="break")
    for step in bar:
        if step == stop_at:
            raise KeyboardInterrupt
        begun = time.perf_counter()
        torch.manual_seed(config.seed * 1_000_003 + step)  # the adapter's dropout, the same after a resume
        weight_retain, weight_break = coefficients(config.schedule, step, config.steps, config.lorra_alpha)
        for group in optimizer.param_groups:
            group["lr"] = config.rate * choose(RATE, "rate_schedule", config.rate_schedule)(step, config.steps)
        distance = similarity = 0.0
        for part in range(config.accumulation):
            kept, broken = (b.to(on) for b in data.batch(step * config.accumulation + part))
            with autocast(model):
                original_kept = representations(model, kept.ids, kept.real, depth, adapted=False)
                original_broken = representations(model, broken.ids, broken.real, depth, adapted=False)[targets]
                adapted_kept = representations(model, kept.ids, kept.real, depth)
                adapted_broken = representations(model, broken.ids, broken.real, depth)[targets]
            loss_retain = retain_loss(adapted_kept, original_kept, kept.real, config.retain_relative)
            loss_break = break_loss(adapted_broken, original_broken, broken.answer)
            loss = weight_retain * loss_retain + weight_break * loss_break
            (loss / config.accumulation).backward()
            distance += loss_retain.item() / config.accumulation
            similarity += loss_break.item() / config.accumulation
        torch.nn.utils.clip_grad_norm_(parameters, config.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        history.append([step, weight_retain, weight_break, distance, similarity, time.perf_counter() - begun])
        bar.set_postfix(retain=f"{distance:.3f}", cosine=f"{similarity:.3f}")
        done = step + 1
        if done % config.validate_every == 0 or done == config.steps:
            validate(done)
        if done % config.checkpoint_every == 0 or done == config.steps:
            state = {
                "adapter": get_peft_model_state_dict(model),
                "optimizer": optimizer.state_dict(),
                "step": done,
                "history": history,
                "checks": checks,
                "config": identity,
            }
            torch.save(state, last.with_suffix(".tmp"))
            last.with_suffix(".tmp").replace(last)
            _write_csv(out / "history.csv", HISTORY, history)
            _write_csv(out / "validation.csv", VALIDATION, checks)
    model.save_pretrained(out / "adapter")
    return model.eval(), layers


def plot(out: Path) -> Path:
    """Draw `out/curves.png` from the CSV files of a run: cosine, retain distance, both coefficients."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def columns(name: str) -> dict[str, list[float]]:
        with (out / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {key: [float(r[key]) for r in rows] for key in (rows[0] if rows else ())}

    history, checks = columns("history.csv"), columns("validation.csv")
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    cosine, distance, weights = figure.subplots(1, 3)
    for axes, key, title in (
        (cosine, "cosine", "cosine, answers to break"),
        (distance, "retain_distance", "retain distance"),
    ):
        axes.plot(history["step"], history[key], lw=1, label="training batch")
        if checks:
            axes.plot(checks["step"], checks[key], "o-", ms=4, label="held out")
        axes.set(title=title, xlabel="step")
        axes.axhline(0, color="black", lw=0.5)
        axes.legend()
    weights.plot(history["step"], history["retain_weight"], label="retain")
    weights.plot(history["step"], history["break_weight"], label="break")
    weights.set(title="loss coefficients", xlabel="step")
    weights.legend()
    figure.savefig(out / "curves.png", dpi=130)
    return out / "curves.png"
