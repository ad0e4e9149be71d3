"""Tokens a second of a configuration: whole training steps, and forward passes as in validation.

    python -m training.throughput --config training/configs/dual.yaml --precision fp32 bf16 --threads 1

Rows are random pieces of the given length, so nothing but the configuration is needed. Beside the wall clock stands
the processor's own time: on a machine that others use too, only that is comparable. Of several repeats the fastest
counts.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch

from training.loop.objective import compute
from training.loop.options import RunOptions, read_options
from training.loop.sampler import Arrays, Sampler
from training.loop.schedule import parameter_groups
from training.model.config import CLASSES, CODES
from training.model.dual import DualBranch

Precision = Literal["fp32", "bf16", "fp16"]
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Speed(NamedTuple):
    """Tokens a second, of the wall clock and of processor time (summed over threads; 0 where a GPU computes)."""

    wall: float
    processor: float


def random_rows(options: RunOptions, rows: int, length: int, seed: int = 0) -> Arrays:
    """Arrays like those of `training.data.mixture`: `rows` texts of `length` tokens (without the special ones)."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, len(CLASSES), rows)
    return {
        "tokens": rng.integers(4, options.model.vocabulary, rows * length).astype(np.uint16),
        "ends": np.arange(1, rows + 1) * length,
        "weight": np.full(rows, 1 / rows),
        "focus": np.full((rows, 2), -1, np.int32),
        "doubtful": np.zeros(rows, bool),
        "features": rng.random((rows, options.model.features), np.float32),
        "traffic": label == 0,
        "group": label,
        "class": label,
        "code": rng.integers(0, CODES, rows),
        "severity": rng.integers(0, 16, rows).astype(np.float32),
        "harmful": np.full(rows, np.nan, np.float32),
    }


def fastest(work: Callable[[], int], steps: int, repeats: int) -> Speed:
    """Tokens a second of `work`, which gives its tokens, over `steps` calls; after one call that does not count."""

    def wait() -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    work()
    best = Speed(0.0, 0.0)
    for _ in range(repeats):
        wait()
        wall, processor = time.perf_counter(), time.process_time()
        tokens = sum(work() for _ in range(steps))
        wait()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        speed = Speed(tokens / wall, 0.0 if torch.cuda.is_available() else tokens / processor)
        best = Speed(*map(max, best, speed))
    return best


def measure(
    options: RunOptions, precision: Precision = "fp32", length: int = 126, steps: int = 3, repeats: int = 2
) -> dict[str, Speed]:
    """`train` (forward, backward, optimizer) and `forward` alone, for batches of `options.batch_tokens`."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options = dataclasses.replace(options, max_tokens=length + 2, long_share=0.0)
    data = random_rows(options, 512, length)
    torch.manual_seed(0)
    model = DualBranch(options.model).to(device)
    optimizer = torch.optim.AdamW(parameter_groups(model, options), fused=True)
    sampler = Sampler(data, options, seed=0)
    kind = TYPES.get(precision)

    def cast() -> torch.autocast | nullcontext[None]:
        return torch.autocast(device, dtype=kind) if kind is not None else nullcontext()

    def learn() -> int:
        batch = sampler.batch()
        with cast():
            losses = compute(model, batch, data, options, adversarial=False)
        losses.total.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return batch.ids.numel()

    @torch.no_grad()
    def read() -> int:
        batch = sampler.batch()
        features = torch.from_numpy(data["features"][batch.rows]).to(device) if options.model.detectors else None
        with cast():
            model(batch.ids.to(device), batch.mask.to(device), features)
        return batch.ids.numel()

    model.train()
    trained = fastest(learn, steps, repeats)
    model.eval()
    return {"train": trained, "forward": fastest(read, steps, repeats)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="override an option, dots allowed")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], choices=["fp32", "bf16", "fp16"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--tokens", type=int, default=128, help="length of every row, with its special tokens")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one object a line in place of the table")
    args = parser.parse_args()
    options = read_options(args.config, args.set)
    if not args.json:
        print("| precision | threads | pass | tokens/s | tokens per processor second |\n|---|---|---|---|---|")
    for threads in args.threads:
        torch.set_num_threads(threads)
        for precision in args.precision:
            for name, speed in measure(options, precision, args.tokens - 2, args.steps, args.repeats).items():
                row = {"precision": precision, "threads": threads, "pass": name} | speed._asdict()
                cells = f"{precision} | {threads} | {name} | {speed.wall:,.0f} | {speed.processor:,.0f}"
                print(json.dumps(row) if args.json else f"| {cells} |", flush=True)


if __name__ == "__main__":
    main()
