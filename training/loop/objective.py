"""From a batch to its named losses: what the heads say against what the rows say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from training.adversarial.train import adversarial_loss
from training.loop.options import RunOptions
from training.loop.sampler import Arrays, Batch
from training.losses.multitask import LossConfig, Outputs, Targets, multitask
from training.model.dual import DualBranch, Output


class Losses(NamedTuple):
    total: Tensor  # a number, with its graph
    parts: dict[str, float]  # unweighted
    rows: np.ndarray  # float64 [B]: cross-entropy of each row's class, for the sampler
    output: Output


def targets(data: Arrays, rows: np.ndarray, device: torch.device) -> Targets:
    """The rows' targets; real users' and documents' rows stand for ordinary traffic in the router's budget."""

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(data[name][rows]).to(device)

    return Targets(
        labels=tensor("class"), threat=tensor("code"), severity=tensor("severity"), intent=tensor("harmful"),
        traffic=tensor("traffic"), teacher=tensor("teacher") if "teacher" in data else None,
    )  # fmt: skip


def outputs(model: DualBranch, out: Output) -> Outputs:
    """A model's output as the losses take it."""
    fast, deep, stay = out.fast, out.deep, None
    if fast.routes is not None:
        # Log-odds of staying fast against the two other routes.
        stay = fast.routes[:, 0] - fast.routes[:, 1:].logsumexp(-1)
    bank = model.patterns if model.config.fast_branch else None
    return Outputs(
        fused=out.fused.classes,
        fast=fast.answer.classes if fast.answer is not None and deep is not None else None,
        deep=deep.answer.classes if deep is not None and fast.answer is not None else None,
        threat=out.fused.code,
        severity=15.0 * out.fused.severity.sigmoid(),
        intent=out.fused.harmful,
        stay=stay,
        gates=[gate.logits for gate in deep.gates] if deep is not None else (),
        features=bank.project(fast.hidden[:, 0]) if bank is not None else None,
        prototypes=bank.learned if bank is not None else None,
        prototype_labels=bank.owner if bank is not None else None,
        runs=[state.runs for state in (fast, deep) if state is not None and state.runs is not None],
    )


def route_choice(out: Output, labels: Tensor) -> Tensor:
    """Cross-entropy of the router's choice between the deep branch alone and both, against the better of the two.

    A number; 0 where the model has no router.
    """
    if out.fast.routes is None or out.deep is None:
        return torch.zeros((), device=labels.device)
    with torch.no_grad():
        alone, both = (
            torch.nn.functional.cross_entropy(answer.classes.float(), labels, reduction="none")
            for answer in (out.deep.answer, out.fused)
        )
    return torch.nn.functional.cross_entropy(out.fast.routes[:, 1:].float(), (both < alone).long())


def confidence_loss(out: Output, labels: Tensor) -> Tensor:
    """How far the fast branch's confidence is from whether its classes are right; a number, 0 without the branch."""
    if out.fast.answer is None or out.fast.confidence is None:
        return torch.zeros((), device=labels.device)
    right = (out.fast.answer.classes.argmax(-1) == labels).float()
    return torch.nn.functional.binary_cross_entropy_with_logits(out.fast.confidence.float(), right)


def compute(model: DualBranch, batch: Batch, data: Arrays, options: RunOptions, adversarial: bool) -> Losses:
    """The losses of a batch; with `adversarial`, the classes' loss of the perturbed embeddings is added."""
    device = next(model.parameters()).device
    ids, mask = batch.ids.to(device), batch.mask.to(device)
    features = torch.from_numpy(data["features"][batch.rows]).to(device) if options.model.detectors else None
    wanted = targets(data, batch.rows, device)
    wanted.attack = batch.attack.to(device)
    if wanted.teacher is not None:  # which has not seen these windows
        wanted.teacher[torch.from_numpy(batch.spliced).to(device)] = torch.nan
    embedded, deep_x = model.embed(ids, features), model.embed_deep(ids, features)
    out = model.forward_embeddings(embedded, mask, features, deep_x)
    parts = multitask(outputs(model, out), wanted, options.loss)
    extra = {"route": route_choice(out, wanted.labels), "confidence": confidence_loss(out, wanted.labels)}
    total = parts.pop("total") + options.loss.weights.router * (extra["route"] + extra["confidence"])
    if adversarial:
        plain = LossConfig(kind=options.loss.kind, smoothing=options.loss.smoothing)

        def logits_of(x: Tensor) -> Tensor:
            return model.forward_embeddings(x, mask, features, deep_x).fused.classes

        def loss_of(logits: Tensor) -> Tensor:
            return multitask(Outputs(fused=logits), wanted, plain)["fused"]

        extra["adversarial"], _ = adversarial_loss(options.adversarial, logits_of, loss_of, embedded, mask)
        total = total + extra["adversarial"]
    with torch.no_grad():
        sharp = torch.nn.functional.cross_entropy(out.fused.classes.float(), wanted.labels, reduction="none")
    named = {name: float(value.detach()) for name, value in (parts | extra).items()}
    return Losses(total, named, sharp.cpu().double().numpy(), out)
