"""Rates: over the steps, and over the depth."""

from __future__ import annotations

import math
from typing import Any

from training.loop.options import RunOptions
from training.model.dual import DualBranch


def rate_factor(step: int, options: RunOptions) -> float:
    """Share of the peak rate at a step: linear warm-up, then cosine, or constant and a linear fall at the end.

    The latter (Hu et al. 2024, MiniCPM) lets a run be prolonged from any checkpoint before the fall.
    """
    warm = (step + 1) / max(1, options.warmup)
    if options.schedule == "cosine":
        share = (step - options.warmup) / max(1, options.steps - options.warmup)
        return min(1.0, warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, share))))
    left = (options.steps - step) / max(1.0, options.decay * options.steps)
    return max(0.0, min(1.0, warm, left))


def parameter_groups(model: DualBranch, options: RunOptions) -> list[dict[str, Any]]:
    """One group a parameter: what the base did not have at the head rate, the rest at the body's rate, which falls by
    `layer_decay` a layer towards the embeddings (Howard & Ruder 2018)."""
    below = 0 if options.model.separate_deep else options.model.fast_layers  # what the deep layers stand on
    depth = max(options.model.fast_layers, below + options.model.deep_layers if options.model.deep_branch else 0)
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        part, *rest = name.split(".")
        if part == "fast_layers":
            level: int | None = int(rest[0]) + 1
        elif part == "deep_layers":
            level = below + int(rest[0]) + 1
        else:
            # Characters and detector features shift what the base reads: faster than it can follow, they ruin it.
            level = 0 if part in ("embedding", "deep_embedding") else None
        if "gate" in name and part == "deep_layers":
            level = None
        rate = options.head_rate if level is None else options.rate * options.layer_decay ** (depth - level)
        decay = options.weight_decay if parameter.dim() > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "peak": rate, "weight_decay": decay, "name": name})
    return groups
