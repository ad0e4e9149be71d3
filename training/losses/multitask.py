"""All losses of the dual-branch model in one weighted sum, with every part named.

A part is computed where its inputs are given and its weight is not 0; so an ablation of the model (no deep branch, no
experts, no pattern bank) needs no other loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from training.losses.consistency import Stop, consistency
from training.losses.contrastive import prototype_contrastive
from training.losses.cross_entropy import cross_entropy
from training.losses.distillation import distillation
from training.losses.energy import energy_hinge
from training.losses.experts import gate_z, load_balance
from training.losses.focal import focal
from training.losses.locator import run_loss
from training.losses.reduction import Reduction, reduce
from training.losses.router import fast_is_right, router, traffic_budget
from training.losses.tversky import tversky


@dataclass(frozen=True)
class LossWeights:
    """Factor of each named part; 0 leaves the part out."""

    fused: float = 1.0
    fast: float = 0.5
    deep: float = 0.5
    tversky: float = 0.0
    threat: float = 0.2
    severity: float = 0.1
    intent: float = 0.2
    energy: float = 0.0
    load_balance: float = 0.01
    gate_z: float = 0.0
    router: float = 0.1
    budget: float = 0.1
    consistency: float = 0.05
    contrastive: float = 0.05
    distillation: float = 0.0
    locator: float = 0.1


@dataclass(frozen=True)
class LossConfig:
    """What the parts are made of; see the functions of the same names."""

    weights: LossWeights = field(default_factory=LossWeights)
    kind: Literal["cross_entropy", "focal"] = "cross_entropy"
    class_weights: tuple[float, ...] | None = None  # of `cross_entropy.class_weights`, for either kind
    smoothing: float | tuple[float, ...] = 0.05  # one number or one per class; cross-entropy only
    focal_gamma: float = 2.0
    tversky_alpha: float = 0.3
    tversky_beta: float = 0.7
    benign_class: int = 0
    energy_margin: float = -4.0
    top_k: int = 2
    fast_confidence: float = 0.5
    fast_share: float = 0.7
    budget_temperature: float = 1.0
    consistency_stop: Stop = "none"
    temperature: float = 0.1  # of the contrastive loss
    teacher_temperature: float = 2.0


@dataclass
class Outputs:
    """What a model gives for N texts of T tokens; every field may be None.

    Logits float [N, C] of the fused model and of each branch; threat float [N, 16]; severity float [N] in 0 to 15;
    intent float [N], logit; stay float [N], router's log-odds for the fast branch; gates: one float [N, T, E] or
    [tokens, E] per layer of experts; features float [N, D]; prototypes float [P, D]; prototype_labels int64 [P]; runs:
    float and bool [N, T − 1] of `Locator.runs`, for each branch that has a locator.
    """

    fused: Tensor | None = None
    fast: Tensor | None = None
    deep: Tensor | None = None
    threat: Tensor | None = None
    severity: Tensor | None = None
    intent: Tensor | None = None
    stay: Tensor | None = None
    gates: Sequence[Tensor] = ()
    features: Tensor | None = None
    prototypes: Tensor | None = None
    prototype_labels: Tensor | None = None
    runs: Sequence[tuple[Tensor, Tensor]] = ()


@dataclass
class Targets:
    """What is known of N texts.

    labels int64 [N]; mask [N, T] as the gates are shaped, 0 for padding; threat int64 [N] and severity float [N], both
    −1 where unknown; intent float [N], NaN where unknown; traffic bool [N], rows that stand for ordinary traffic in the
    router's budget (default: the benign ones); teacher float [N, C], log-probabilities of a teacher, NaN
    where it was not asked; attack bool [N, T], tokens of an attack, for the runs.
    """

    labels: Tensor
    mask: Tensor | None = None
    threat: Tensor | None = None
    severity: Tensor | None = None
    intent: Tensor | None = None
    traffic: Tensor | None = None
    teacher: Tensor | None = None
    attack: Tensor | None = None


def classes_loss(
    logits: Tensor, labels: Tensor, config: LossConfig, weight: Tensor | None, reduction: Reduction
) -> Tensor:
    """The configured loss of one classification head."""
    factors = None if config.class_weights is None else torch.tensor(config.class_weights, device=logits.device)
    if config.kind == "focal":
        return focal(logits, labels, config.focal_gamma, factors, weight, reduction)
    smoothing = torch.tensor(config.smoothing, device=logits.device)
    return cross_entropy(logits, labels, factors, smoothing, weight, reduction)


def known_weight(known: Tensor, weight: Tensor | None) -> Tensor:
    """float32 [N]: sample weights, 0 where the target is unknown."""
    return known.float() if weight is None else known.float() * weight.float()


def sample_parts(
    out: Outputs, target: Targets, config: LossConfig, weight: Tensor | None, reduction: Reduction
) -> dict[str, Tensor]:
    """Unweighted parts that exist per sample."""
    part: dict[str, Tensor] = {}
    w = config.weights
    for name in ("fused", "fast", "deep"):
        logits = getattr(out, name)
        if logits is not None and getattr(w, name):
            part[name] = classes_loss(logits, target.labels, config, weight, reduction)
    if out.threat is not None and target.threat is not None and w.threat:
        known = known_weight(target.threat >= 0, weight)
        values = F.cross_entropy(out.threat.float(), target.threat.clamp_min(0), reduction="none")
        part["threat"] = reduce(values, known, reduction)
    if out.severity is not None and target.severity is not None and w.severity:
        # In fifteenths, so that the part is of the others' size.
        values = F.smooth_l1_loss(out.severity.float() / 15, target.severity.float() / 15, reduction="none")
        part["severity"] = reduce(values, known_weight(target.severity >= 0, weight), reduction)
    if out.intent is not None and target.intent is not None and w.intent:
        wanted = target.intent.float()
        values = F.binary_cross_entropy_with_logits(out.intent.float(), wanted.nan_to_num(), reduction="none")
        part["intent"] = reduce(values, known_weight(~wanted.isnan(), weight), reduction)
    head = out.fused if out.fused is not None else out.deep if out.deep is not None else out.fast
    if head is not None and w.energy:
        benign = target.labels == config.benign_class
        part["energy"] = energy_hinge(head, benign, margin_in=config.energy_margin, weight=weight, reduction=reduction)
    if out.stay is not None and out.fast is not None and w.router:
        right = fast_is_right(out.fast, target.labels, config.fast_confidence)
        part["router"] = router(out.stay, right, weight, reduction)
    if out.fast is not None and out.deep is not None and w.consistency:
        part["consistency"] = consistency(
            out.fast, out.deep, config.consistency_stop, weight=weight, reduction=reduction
        )
    if head is not None and target.teacher is not None and w.distillation:
        student = out.fast if out.fast is not None else head
        known = known_weight(~target.teacher.isnan().any(-1), weight)
        wanted, heat = target.teacher.nan_to_num(), config.teacher_temperature
        part["distillation"] = distillation(student, wanted, heat, known, reduction)
    if out.features is not None and out.prototypes is not None and w.contrastive:
        if out.prototype_labels is None:
            raise ValueError("prototypes need prototype_labels")
        part["contrastive"] = prototype_contrastive(
            out.features, target.labels, out.prototypes, out.prototype_labels, config.temperature, weight, reduction
        )
    if out.runs and target.attack is not None and w.locator:
        each = torch.stack([run_loss(*runs, target.attack) for runs in out.runs])
        part["locator"] = reduce(each.mean(0), weight, reduction)
    return part


def batch_parts(out: Outputs, target: Targets, config: LossConfig, weight: Tensor | None) -> dict[str, Tensor]:
    """Unweighted parts that only a whole batch has, each a number."""
    part: dict[str, Tensor] = {}
    w = config.weights
    head = out.fused if out.fused is not None else out.deep if out.deep is not None else out.fast
    if head is not None and w.tversky:
        part["tversky"] = tversky(head, target.labels, config.tversky_alpha, config.tversky_beta, weight=weight)
    if out.gates and w.load_balance:
        part["load_balance"] = torch.stack([load_balance(g, config.top_k, target.mask) for g in out.gates]).mean()
    if out.gates and w.gate_z:
        part["gate_z"] = torch.stack([gate_z(g, target.mask) for g in out.gates]).mean()
    if out.stay is not None and w.budget:
        traffic = target.labels == config.benign_class if target.traffic is None else target.traffic
        part["budget"] = traffic_budget(out.stay, config.fast_share, config.budget_temperature, traffic)
    return part


def multitask(
    out: Outputs,
    target: Targets,
    config: LossConfig,
    weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> dict[str, Tensor]:
    """Every part unweighted under its name, and under "total" the sum of weight × part; all float32.

    weight: float [N], a factor per sample, or None. With reduction "none", parts that exist per sample and "total" are
    [N] and the parts of a whole batch are numbers, added to each sample's total (so its mean contains them once).
    """
    parts = sample_parts(out, target, config, weight, reduction) | batch_parts(out, target, config, weight)
    if not parts:
        raise ValueError("no part of the loss has both its inputs and a weight")
    total = sum(
        (getattr(config.weights, name) * value for name, value in parts.items()),
        torch.zeros(()).to(target.labels.device),
    )
    return parts | {"total": total}
