"""Train the dual-branch model: from a pruned base and an array file to a checkpoint with averaged weights.

    python -m training.loop.run --config training/configs/dual.yaml --base BASE --data MIXTURE.npz \\
        --validation DEV.npz --out OUT

A run that was stopped goes on from `OUT/last.pt` and ends with the very weights of an undisturbed one. Several
processes: `torchrun --standalone --nproc-per-node 2 -m training.loop.run …` (or `accelerate launch` on GPUs); each
draws rows of its own, gradients are averaged.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from accelerate.utils import gather_object
from torch import nn
from tqdm import tqdm

from training.adversarial.train import applies
from training.loop import checkpoint
from training.loop.journal import Journal
from training.loop.objective import Losses, compute
from training.loop.options import RunOptions, fill, plain, read_options
from training.loop.pictures import draw
from training.loop.sampler import Arrays, Batch, Sampler
from training.loop.schedule import parameter_groups, rate_factor
from training.loop.validate import figures, probabilities
from training.model.dual import DualBranch
from training.model.initialize import initialize
from training.quantization import qat


class Objective(nn.Module):
    """The model and its losses as one module, for the wrapper that averages gradients hooks into `forward`."""

    def __init__(self, model: DualBranch, data: Arrays, options: RunOptions):
        super().__init__()
        self.model, self.data, self.options = model, data, options

    def forward(self, batch: Batch, adversarial: bool) -> Losses:
        return compute(self.model, batch, self.data, self.options, adversarial)


def train(
    options: RunOptions,
    base: Path | None,
    data_path: Path,
    out: Path,
    validation: Path | None = None,
    stop_at: int | None = None,
    quiet: bool = False,
    on_validation: Callable[[int, dict[str, Any]], None] | None = None,
    weights: Path | None = None,
) -> None:
    """Train to `options.steps`, or on from `out/last.pt` where there is one.

    base            folder of a pruned encoder; None begins from random weights
    weights         checkpoint of another run whose averaged weights are begun from, after `base`; same shape
    stop_at         raise KeyboardInterrupt before this step, as a killed run would end
    on_validation   called with the step and the figures of each validation; what it raises ends the run
    """
    ddp = DistributedDataParallelKwargs(find_unused_parameters=True)  # not every batch asks every expert
    mixed = "no" if options.precision == "fp32" else options.precision
    AcceleratorState._reset_state()  # a second run in one process may want another precision
    accelerator = Accelerator(mixed_precision=mixed, kwargs_handlers=[ddp], cpu=not torch.cuda.is_available())
    torch.manual_seed(options.seed)
    data = dict(np.load(data_path))
    held = dict(np.load(validation)) if validation else None
    model = DualBranch(options.model)
    last = out / checkpoint.LAST
    if base is not None and not last.exists():
        initialize(model, base, options.seed)
    if weights is not None and not last.exists():
        model.load_state_dict(checkpoint.load(weights)["average"])
    optimizer = torch.optim.AdamW(parameter_groups(model, options), betas=(0.9, 0.98), fused=True)
    sampler = Sampler(data, options, options.seed + 1000 * accelerator.process_index)
    average = checkpoint.Average(model, options.ema)
    step, best, stale = 0, -1.0, 0
    if last.exists():
        saved = checkpoint.load(last)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average.values = saved["average"]
        step, best, stale = saved["step"], saved["best"], saved["stale"]
        mine = saved["processes"][accelerator.process_index % len(saved["processes"])]
        sampler.load(mine["sampler"])
        torch.set_rng_state(mine["torch_rng"])
        if accelerator.scaler is not None and saved["scaler"] is not None:
            accelerator.scaler.load_state_dict(saved["scaler"])
    objective, optimizer = accelerator.prepare(Objective(model, data, options), optimizer)
    average.values = {name: value.to(accelerator.device) for name, value in average.values.items()}
    journal = Journal(out, options) if accelerator.is_main_process else None
    seen = Recent()
    bar = tqdm(total=options.steps, initial=step, disable=quiet or not accelerator.is_main_process, unit="step")
    model.train()
    while step < options.steps:
        if step == stop_at:
            raise KeyboardInterrupt
        qat.update(model, options.quantization, step, sampler.epoch)
        factor = rate_factor(step, options)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        adversarial = applies(options.adversarial, step, sampler.epoch)
        for _ in range(options.accumulate):
            batch = sampler.batch()
            with accelerator.autocast():
                losses = objective(batch, adversarial)
            accelerator.backward(losses.total / options.accumulate)
            sampler.learn(batch, losses.rows)
            seen.add(batch, losses, data)
        accelerator.clip_grad_norm_(model.parameters(), options.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(model, step)
        step += 1
        bar.update()
        if step % options.log_every == 0 or step == options.steps:
            values = seen.take() | {"rate": factor, "difficulty": float(sampler.difficulty.mean())}
            bar.set_postfix(loss=f"{values['loss']:.3f}", accuracy=f"{values['accuracy']:.3f}")
            if journal is not None:
                journal.train(step, values)
        stop = False
        if held is not None and (step % options.validate_every == 0 or step == options.steps):
            found = _validate(model, average, held, options, journal, step)
            if on_validation is not None:
                on_validation(step, found)
            score = float(found["auc"] if found["auc"] is not None else found["accuracy"])
            stale = 0 if score > best else stale + 1
            if score > best and accelerator.is_main_process:
                checkpoint.save(
                    out, {"average": average.values, "options": plain(options), "step": step}, checkpoint.BEST
                )
            best = max(best, score)
            stop = bool(options.patience) and stale >= options.patience
        if step % options.checkpoint_every == 0 or step == options.steps or stop:
            mine = {"sampler": sampler.state(), "torch_rng": torch.get_rng_state()}
            everyone = gather_object([mine])
            if accelerator.is_main_process:
                state: dict[str, Any] = {
                    "model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average.values,
                    "step": step, "best": best, "stale": stale, "processes": everyone, "options": plain(options),
                    "scaler": accelerator.scaler.state_dict() if accelerator.scaler is not None else None,
                }  # fmt: skip
                checkpoint.save(out, state)
        if stop:
            break
    bar.close()
    if journal is not None:
        journal.close()
        draw(out)
    accelerator.end_training()


def _validate(
    model: DualBranch,
    average: checkpoint.Average,
    held: Arrays,
    options: RunOptions,
    journal: Journal | None,
    step: int,
) -> dict[str, Any]:
    """Figures of the averaged weights on held-out rows; the router's threshold is set there first."""
    average.swap(model)
    p = probabilities(model, held, options.long_tokens)
    threshold = 0.5
    if options.model.fast_branch and options.model.deep_branch and model.router is not None:
        stays = np.sort(p["stay"][held["traffic"]])[::-1]
        if len(stays):
            threshold = float(stays[max(0, round(options.fast_share * len(stays)) - 1)])
    found = figures(p, held, threshold)
    for _ in range(2):
        if options.model.fast_branch and options.model.deep_branch and model.router is not None:
            model.router.threshold.fill_(threshold)
        average.swap(model)
    average.swap(model)
    model.train()
    if journal is not None:
        journal.validation(step, found | {"router_threshold": threshold})
    return found


class Recent:
    """Means since the last line of the log."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.parts: dict[str, list[float]] = defaultdict(list)
        self.loss, self.hits, self.rows, self.tokens, self.dropped, self.begun = 0.0, 0, 0, 0, 0, time.perf_counter()

    def add(self, batch: Batch, losses: Losses, data: Arrays) -> None:
        for name, value in losses.parts.items():
            self.parts[name].append(value)
        guess = losses.output.fused.classes.detach().argmax(-1).cpu().numpy()
        self.hits += int((guess == data["class"][batch.rows]).sum())
        self.rows += len(batch.rows)
        self.tokens += batch.ids.numel()
        self.loss += float(losses.rows.sum())
        if losses.output.deep is not None:
            self.dropped += sum(gate.dropped for gate in losses.output.deep.gates)

    def take(self) -> dict[str, float]:
        values = {
            "loss": self.loss / self.rows, "accuracy": self.hits / self.rows,
            "tokens_per_second": self.tokens / (time.perf_counter() - self.begun),
            "dropped_per_1000_tokens": 1000 * self.dropped / self.tokens,
        }  # fmt: skip
        values |= {f"part_{name}": float(np.mean(column)) for name, column in self.parts.items()}
        self.clear()
        return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--base", type=Path, help="folder of the pruned base; without it, random weights")
    parser.add_argument(
        "--from", dest="weights", type=Path, help="checkpoint of another run to begin from, and whose model it is"
    )
    parser.add_argument("--data", type=Path, required=True, help="array file of training.data.mixture")
    parser.add_argument("--validation", type=Path, help="array file of rows to choose by")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="override an option, dots allowed")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    options = read_options(args.config, args.set)
    if args.weights is not None:
        begun: RunOptions = fill(RunOptions, checkpoint.load(args.weights)["options"])
        options = dataclasses.replace(options, model=begun.model)
    train(options, args.base, args.data, args.out, args.validation, weights=args.weights)


if __name__ == "__main__":
    main()
