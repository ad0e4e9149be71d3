"""Settings of one circuit-breaker run, and the layers they mean for a model of another depth."""

from __future__ import annotations

from dataclasses import dataclass

REFERENCE_DEPTH = 32  # the paper's models have 32 blocks: targets 10 and 20, adapters on 0–20
REFERENCE_TARGETS = (10, 20)


@dataclass(frozen=True)
class CircuitBreakerConfig:
    """One run. Layers are blocks counted from 0; the representation of layer l is the output of block l.

    The defaults are the paper's for a model of 32 blocks. For another depth, empty `target_layers` are scaled.
    """

    model: str = "mistralai/Mistral-7B-Instruct-v0.2"  # hub id or folder
    start: str = ""  # folder of a saved adapter to go on from, for a second stage; empty: a fresh one
    start_scale: float = 1.0  # what that adapter adds to the weights is multiplied by this before the first step
    target_layers: tuple[int, ...] = ()  # where the break loss acts; empty: 10 and 20 of 32, scaled to the depth
    transform_layers: tuple[int, ...] = ()  # where the adapter sits; empty: 0 … the last target
    drop_layers: bool = True  # keep only the first `last target + 1` blocks in memory while training
    lora_r: int = 16
    lora_alpha: int = 16
    lora_dropout: float = 0.05
    lora_modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    lorra_alpha: float = 10.0  # scale of both loss coefficients
    schedule: str = "linear"  # see schedule.PROGRESS
    retain_relative: bool = False  # retain distances divided by the original's norm, for models with huge activations
    steps: int = 150
    batch: int = 4  # rows to break in one forward pass
    retain_batch: int = 0  # rows to retain in one forward pass; 0: as many as to break
    accumulation: int = 1
    rate: float = 1e-4
    rate_schedule: str = "constant"  # see losses.RATE
    clip: float = 1.0
    max_tokens: int = 512
    retain_rows: int = 10_000
    break_rows: int = 3_000
    blank_prompt: float = 0.5  # share of break rows whose prompt is left out, as the authors' code does
    dtype: str = "auto"  # float32, bfloat16, mixed; auto: bfloat16 on a GPU that has it, otherwise float32
    attention: str = "auto"  # see model.choose_attention
    gradient_checkpointing: bool = False
    validate_every: int = 25
    validation_rows: int = 8
    checkpoint_every: int = 25
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("lora_r", "steps", "batch", "accumulation", "max_tokens", "validate_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.retain_batch < 0:
            raise ValueError(f"retain_batch must be at least 0, not {self.retain_batch}")
        if not 0 <= self.blank_prompt <= 1:
            raise ValueError(f"blank_prompt is a share between 0 and 1, not {self.blank_prompt}")
        for name in ("target_layers", "transform_layers", "lora_modules"):  # YAML and JSON give lists
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True)
class Layers:
    """The layers of one run, resolved for a model's depth."""

    targets: tuple[int, ...]
    transform: tuple[int, ...]
    kept: int  # blocks in memory while training


def resolve_layers(config: CircuitBreakerConfig, depth: int) -> Layers:
    """Layers for a model of `depth` blocks; ValueError where a layer lies outside it."""
    scaled = (round(layer * depth / REFERENCE_DEPTH) for layer in REFERENCE_TARGETS)
    targets = tuple(sorted(set(config.target_layers or scaled)))
    transform = tuple(sorted(set(config.transform_layers or range(targets[-1] + 1))))
    for name, layers in (("target_layers", targets), ("transform_layers", transform)):
        if layers[0] < 0 or layers[-1] >= depth:
            raise ValueError(f"{name} {list(layers)}: the model has blocks 0–{depth - 1}")
    if transform[0] > targets[0]:
        raise ValueError(f"no adapter at or below target layer {targets[0]}: transform_layers {list(transform)}")
    kept = max(targets[-1], transform[-1]) + 1 if config.drop_layers else depth
    return Layers(targets, transform, kept)
