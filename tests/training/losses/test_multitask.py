"""The combined loss: named parts, weights, ablations."""

from __future__ import annotations

import pytest
import torch

from training.losses.cross_entropy import cross_entropy
from training.losses.multitask import LossConfig, LossWeights, Outputs, Targets, multitask

N, T, C, E, D = 5, 7, 6, 4, 8


def batch() -> tuple[Outputs, Targets]:
    g = torch.Generator().manual_seed(0)

    def values(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=g).requires_grad_()

    out = Outputs(
        fused=values(N, C), fast=values(N, C), deep=values(N, C), threat=values(N, 16), severity=values(N),
        intent=values(N), stay=values(N), gates=(values(N, T, E), values(N, T, E)), features=values(N, D),
        prototypes=values(9, D), prototype_labels=torch.arange(9) % C,
    )  # fmt: skip
    mask = torch.ones(N, T)
    mask[2, 3:] = 0
    target = Targets(
        labels=torch.tensor([0, 1, 0, 4, 5]), mask=mask, threat=torch.tensor([0, 1, -1, 5, 7]),
        severity=torch.tensor([0.0, 11, -1, 13, 8]), intent=torch.tensor([0.0, float("nan"), 0, 0, 1]),
        teacher=torch.randn(N, C, generator=g).log_softmax(-1),
    )  # fmt: skip
    target.teacher[3] = float("nan")  # type: ignore[index]
    out.runs = [(values(N, T - 1), torch.arange(T - 1).expand(N, -1) < 1) for _ in range(2)]
    target.attack = torch.zeros(N, T, dtype=torch.bool)
    target.attack[1:3, 1:-1] = True
    return out, target


ALL = LossWeights(tversky=0.3, energy=0.1, gate_z=0.001, distillation=0.5)


def test_default_weights_are_the_designs() -> None:
    weights = LossWeights()
    assert (weights.load_balance, weights.router, weights.consistency) == (0.01, 0.1, 0.05)


def test_total_is_the_weighted_sum_of_all_parts() -> None:
    out, target = batch()
    parts = multitask(out, target, LossConfig(weights=ALL))
    total = parts.pop("total")
    assert set(parts) == set(vars(ALL))
    torch.testing.assert_close(total, sum(getattr(ALL, k) * v for k, v in parts.items()))
    total.backward()
    for name in ("fused", "fast", "deep", "threat", "severity", "intent", "stay", "features", "prototypes"):
        assert getattr(out, name).grad.abs().sum() > 0, name
    assert all(g.grad.abs().sum() > 0 for g in (*out.gates, *(said for said, _ in out.runs)))


def test_rows_without_a_teacher_learn_from_their_labels_alone() -> None:
    out, target = batch()
    rows = multitask(out, target, LossConfig(weights=ALL), reduction="none")["distillation"]
    assert (rows > 0).tolist() == [True, True, True, False, True]
    mean = multitask(out, target, LossConfig(weights=ALL))["distillation"]
    torch.testing.assert_close(mean, rows.sum() / 4)
    mean.backward()
    assert out.fast.grad[3].abs().sum() == 0
    assert out.fused.grad is None, "the fast branch is the student where there are two"
    alone = multitask(Outputs(fused=out.fused), target, LossConfig(weights=ALL))
    assert alone["distillation"] > 0


def test_parts_without_inputs_or_weight_are_left_out() -> None:
    out, target = batch()
    only = multitask(Outputs(fused=out.fused), Targets(target.labels), LossConfig(smoothing=0.1))
    assert set(only) == {"fused", "total"}
    torch.testing.assert_close(only["total"], cross_entropy(out.fused, target.labels, smoothing=0.1))
    assert "consistency" not in multitask(out, target, LossConfig(weights=LossWeights(consistency=0.0)))
    with pytest.raises(ValueError, match="no part"):
        multitask(Outputs(), target, LossConfig())


def test_per_sample_totals_average_to_the_mean() -> None:
    out, target = batch()
    target.threat = target.severity = target.intent = None  # their mean is over the rows that know them
    config = LossConfig(weights=LossWeights(tversky=0.3))
    each, mean = multitask(out, target, config, reduction="none"), multitask(out, target, config)
    assert each["total"].shape == each["fast"].shape == (N,)
    assert each["load_balance"].shape == ()
    torch.testing.assert_close(each["total"].mean(), mean["total"])


def test_a_row_of_weight_zero_is_not_there() -> None:
    out, target = batch()
    config = LossConfig(weights=LossWeights(tversky=0.2), smoothing=(0.1, 0.05, 0.05, 0.05, 0.05, 0.0))
    out.gates, out.stay = (), None  # parts of the batch's traffic, not of its labels
    weight = torch.tensor([1.0, 1, 1, 1, 0])
    kept = Outputs(
        **{
            k: v[:4] if k not in ("gates", "stay", "prototypes", "prototype_labels") else v
            for k, v in vars(out).items()
        }
    )
    kept.runs = [(said[:4], there[:4]) for said, there in out.runs]
    less = Targets(**{k: v if v is None else v[:4] for k, v in vars(target).items()})
    torch.testing.assert_close(multitask(out, target, config, weight)["total"], multitask(kept, less, config)["total"])


def test_focal_and_class_weights_are_used() -> None:
    out, target = batch()
    plain = multitask(out, target, LossConfig())["fused"]
    focal = multitask(out, target, LossConfig(kind="focal"))["fused"]
    weighted = multitask(out, target, LossConfig(class_weights=(2.0,) * C))["fused"]
    assert focal < plain
    torch.testing.assert_close(weighted, 2 * plain)
