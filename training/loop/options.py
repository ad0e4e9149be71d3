"""One run, as a dataclass that a YAML file fills."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_type_hints

import yaml

from training.adversarial.train import AdversarialConfig
from training.losses.multitask import LossConfig
from training.model.config import DualConfig
from training.quantization.qat import QatConfig


@dataclass(frozen=True)
class RunOptions:
    """Lengths are in tokens, rates per optimizer step."""

    steps: int = 6000
    warmup: int = 150
    schedule: Literal["stable_decay", "cosine"] = "stable_decay"
    decay: float = 0.3  # last share of the steps over which stable_decay falls to zero
    rate: float = 1.2e-4
    head_rate: float = 6e-4  # of parts that the base did not have
    layer_decay: float = 0.92
    weight_decay: float = 0.01
    clip: float = 1.0
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    accumulate: int = 1  # batches a step

    batch_tokens: int = 2048
    max_tokens: int = 128
    long_tokens: int = 256
    long_share: float = 0.3  # of the batches, cut at long_tokens instead
    token_dropout: float = 0.03
    difficulty_floor: float = 0.08
    spliced: float = 0.0  # of the short rows, put between the tokens of a longer benign one
    doubt_above: float = 2.5  # loss from which a doubtful row counts as mislabelled

    ema: float = 0.997
    seed: int = 1
    log_every: int = 50
    checkpoint_every: int = 200
    validate_every: int = 400
    patience: int = 0  # validations without a better score before the run stops; 0: never
    fast_share: float = 0.7  # of ordinary traffic, which the router's threshold is set for
    tensorboard: bool = False
    wandb: str = ""  # project; empty: not used

    model: DualConfig = field(default_factory=DualConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    adversarial: AdversarialConfig = field(default_factory=AdversarialConfig)
    quantization: QatConfig = field(default_factory=QatConfig)


def fill(kind: type, values: dict[str, Any]) -> Any:
    """A dataclass from nested plain values. Raises ValueError with the name of a field that does not exist."""
    types, fields = get_type_hints(kind), {f.name for f in dataclasses.fields(kind)}
    unknown = sorted(set(values) - fields)
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {', '.join(unknown)}")
    made = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(types[name]) and isinstance(value, dict):
            value = fill(types[name], value)  # type: ignore[arg-type]
        elif types[name] is float and isinstance(value, str):
            value = float(value)  # YAML reads 5e-5, without a dot, as text
        made[name] = tuple(value) if isinstance(value, list) else value
    return kind(**made)


def read_options(path: Path | None, overrides: Sequence[str] = ()) -> RunOptions:
    """The options of a YAML file with `name=value` overrides; dots reach into parts (``model.patterns=false``)."""
    values: dict[str, Any] = (yaml.safe_load(path.read_text()) or {}) if path else {}
    for item in overrides:
        name, _, value = item.partition("=")
        *parents, leaf = name.split(".")
        inner = values
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[leaf] = yaml.safe_load(value)
    return fill(RunOptions, values)


def plain(options: RunOptions) -> dict[str, Any]:
    """Nested plain values, as `fill` takes them."""
    return dataclasses.asdict(options)
