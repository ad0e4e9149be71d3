"""Each loss against a value worked out by hand, and against numerical gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from training.losses.consistency import consistency
from training.losses.contrastive import prototype_contrastive, supervised_contrastive
from training.losses.cross_entropy import class_weights, cross_entropy
from training.losses.distillation import distillation
from training.losses.energy import energy, energy_hinge
from training.losses.experts import gate_z, load_balance
from training.losses.focal import focal
from training.losses.reduction import reduce
from training.losses.router import fast_is_right, router, traffic_budget
from training.losses.tversky import tversky

#: Probabilities (¾, ¼) and (½, ½).
TWO = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
LABELS = torch.tensor([0, 1])


def near(value: Tensor, *wanted: float) -> None:
    torch.testing.assert_close(value, torch.tensor(wanted if len(wanted) > 1 else wanted[0]), rtol=1e-5, atol=1e-6)


def test_focal_by_hand() -> None:
    wanted = [0.25**2 * -math.log(0.75), 0.5**2 * math.log(2)]
    near(focal(TWO, LABELS, gamma=2.0, reduction="none"), *wanted)
    near(focal(TWO, LABELS, gamma=2.0), sum(wanted) / 2)
    near(focal(TWO, LABELS, gamma=2.0, alpha=torch.tensor([1.0, 3.0]), reduction="sum"), wanted[0] + 3 * wanted[1])


def test_focal_without_gamma_is_cross_entropy() -> None:
    logits, target = torch.randn(7, 5), torch.randint(0, 5, (7,))
    torch.testing.assert_close(focal(logits, target, gamma=0.0), F.cross_entropy(logits, target))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_is_finite_where_the_model_is_sure(gamma: float) -> None:
    logits = torch.tensor([[90.0, -90.0], [-90.0, 90.0]], dtype=torch.bfloat16, requires_grad=True)
    loss = focal(logits, torch.tensor([0, 0]), gamma)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(90.0, rel=1e-3)  # one sample right (0), one wrong by 180 nats
    assert torch.isfinite(logits.grad).all()


def test_tversky_by_hand() -> None:
    # Class 0: TP ¾, FP ½, FN ¼; class 1: TP ½, FP ¼, FN ½.
    first = (0.75 + 1) / (0.75 + 0.3 * 0.5 + 0.7 * 0.25 + 1)
    second = (0.5 + 1) / (0.5 + 0.3 * 0.25 + 0.7 * 0.5 + 1)
    near(tversky(TWO, LABELS, reduction="none"), 1 - first, 1 - second)
    near(tversky(TWO, LABELS), (2 - first - second) / 2)


def test_tversky_with_halves_is_dice_and_weights_repeat_samples() -> None:
    logits, target = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 1, 0])
    p, y = logits.softmax(-1), F.one_hot(target, 3).float()
    dice = 1 - (2 * (p * y).sum(0) + 2e-3) / (p.sum(0) + y.sum(0) + 2e-3)
    torch.testing.assert_close(tversky(logits, target, 0.5, 0.5, smooth=1e-3, reduction="none"), dice)
    twice = tversky(torch.cat([logits, logits[:1]]), torch.cat([target, target[:1]]))
    torch.testing.assert_close(tversky(logits, target, weight=torch.tensor([2.0, 1, 1, 1, 1, 1])), twice)


def test_tversky_leaves_absent_classes_out() -> None:
    logits = torch.tensor([[0.0, 0.0, 5.0]])
    only = tversky(logits, torch.tensor([0]), reduction="none")[0]
    torch.testing.assert_close(tversky(logits, torch.tensor([0])), only)


def test_class_weights_by_hand() -> None:
    # β = ½: effective numbers of 1, 2, 3 samples are 1, 1.5, 1.75.
    raw = [1.0, 1 / 1.5, 1 / 1.75]
    near(class_weights([1, 2, 3], beta=0.5), *(r / (sum(raw) / 3) for r in raw))
    near(class_weights([10, 1000], beta=0.0), 1.0, 1.0)
    near(class_weights([5, 0, 5]), 1.0, 0.0, 1.0)
    inverse = class_weights([1, 4], beta=1 - 1e-9)
    assert float(inverse[0] / inverse[1]) == pytest.approx(4.0, rel=1e-5)
    with pytest.raises(ValueError, match="beta"):
        class_weights([1], beta=1.0)
    with pytest.raises(ValueError, match="counts"):
        class_weights([0, 0])


def test_class_balanced_cross_entropy_by_hand() -> None:
    factors = torch.tensor([0.5, 2.0])
    wanted = [-0.5 * math.log(0.75), 2 * math.log(2)]
    near(cross_entropy(TWO, LABELS, classes=factors, reduction="none"), *wanted)
    near(cross_entropy(TWO, LABELS, classes=factors), sum(wanted) / 2)


def test_smoothing_per_class_by_hand() -> None:
    # ε = 0.2 on the first sample: 0.9 on ¾ and 0.1 on ¼; none on the second.
    wanted = [-0.9 * math.log(0.75) - 0.1 * math.log(0.25), math.log(2)]
    near(cross_entropy(TWO, LABELS, smoothing=torch.tensor([0.2, 0.0]), reduction="none"), *wanted)


def test_even_smoothing_is_pytorchs() -> None:
    logits, target = torch.randn(9, 6), torch.randint(0, 6, (9,))
    torch.testing.assert_close(
        cross_entropy(logits, target, smoothing=0.1), F.cross_entropy(logits, target, label_smoothing=0.1)
    )


def test_energy_by_hand() -> None:
    near(energy(TWO), -math.log(4.0), -math.log(2.0))
    near(energy(TWO[0], 2.0), -2 * math.log(math.sqrt(3.0) + 1))
    logits = torch.tensor([[math.log(2.0), math.log(2.0)], [0.0, 0.0], [0.0, 0.0]])  # energies −ln 4, −ln 2, −ln 2
    benign, outlier = torch.tensor([True, True, False]), torch.tensor([False, False, True])
    wanted = [(2 - math.log(4)) ** 2, (2 - math.log(2)) ** 2, (-0.5 + math.log(2)) ** 2]
    margins = {"margin_in": -2.0, "margin_out": -0.5}
    near(energy_hinge(logits, benign, outlier, **margins, reduction="none"), *wanted)
    near(energy_hinge(logits, benign, outlier, **margins), sum(wanted) / 3)
    near(energy_hinge(logits, benign, **margins), sum(wanted[:2]) / 2)
    near(energy_hinge(logits, torch.zeros(3, dtype=torch.bool)), 0.0)
    near(energy_hinge(torch.full((1, 2), 30.0), torch.tensor([True])), 0.0)


def test_load_balance_by_hand() -> None:
    # Two tokens with gates (¾, ¼) and (½, ½)+: top-1 both on expert 0: f = (1, 0), P = (⅝, ⅜).
    gates = torch.tensor([[math.log(3.0), 0.0], [1e-6, 0.0]])
    near(load_balance(gates, top_k=1), 2 * 0.625)
    near(load_balance(gates, top_k=1, reduction="none"), 1.25, 0.0)
    near(load_balance(gates, top_k=2), 1.0)
    assert float(load_balance(torch.eye(4) * 50, top_k=1)) == pytest.approx(1.0)
    collapsed = torch.tensor([50.0, 0, 0, 0]).expand(6, 4)
    assert float(load_balance(collapsed, top_k=1)) == pytest.approx(4.0)


def test_load_balance_ignores_padding() -> None:
    gates = torch.randn(2, 5, 4)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    kept = torch.cat([gates[0], gates[1, :2]])
    spoiled = gates.clone()
    spoiled[1, 2:] = float("nan")
    spoiled.requires_grad_()
    loss = load_balance(spoiled, 2, mask)
    torch.testing.assert_close(loss, load_balance(kept, 2))
    torch.testing.assert_close(gate_z(spoiled.detach(), mask), gate_z(kept))
    loss.backward()
    assert float(load_balance(gates, 2, torch.zeros_like(mask))) == 0.0


def test_load_balance_drives_tokens_apart() -> None:
    gates = torch.tensor([2.0, 0.0, 0.0]).repeat(8, 1).requires_grad_()
    load_balance(gates, top_k=1).backward()
    assert (gates.grad[:, 0] > 0).all()  # descent lowers the crowded expert


def test_gate_z_by_hand() -> None:
    near(gate_z(TWO), (math.log(4) ** 2 + math.log(2) ** 2) / 2)


def test_router_by_hand() -> None:
    fast = torch.tensor([[math.log(3.0), 0.0], [math.log(3.0), 0.0], [math.log(1.5), 0.0]])
    right = fast_is_right(fast, torch.tensor([0, 1, 0]), confidence=0.7)
    assert right.tolist() == [True, False, False]  # right; wrong; right but not sure (0.6)
    stay = torch.tensor([math.log(3.0), math.log(3.0), 0.0])
    near(router(stay, right, reduction="none"), -math.log(0.75), -math.log(0.25), math.log(2))
    near(traffic_budget(stay[:2], target_share=0.5), 0.25**2)
    near(traffic_budget(stay, 0.7, traffic=torch.tensor([False, False, True])), 0.2**2)
    near(traffic_budget(stay, 0.7, traffic=torch.zeros(3, dtype=torch.bool)), 0.0)
    near(traffic_budget(torch.tensor([1.0]), 0.0, temperature=0.5), (1 / (1 + math.exp(-2))) ** 2)


def test_router_reaches_its_budget_when_nothing_else_pulls() -> None:
    stay = torch.zeros(16, requires_grad=True)
    optimizer = torch.optim.Adam([stay], 0.1)
    for _ in range(100):
        optimizer.zero_grad()
        traffic_budget(stay, 0.7).backward()
        optimizer.step()
    assert float(torch.sigmoid(stay.detach()).mean()) == pytest.approx(0.7, abs=0.01)


def test_consistency_by_hand() -> None:
    p, q = (0.75, 0.25), (0.5, 0.5)
    wanted = 0.5 * sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    near(consistency(TWO[:1], TWO[1:]), wanted)
    near(consistency(TWO[1:], TWO[:1], reduction="none").squeeze(0), wanted)
    near(consistency(TWO, TWO), 0.0)
    near(consistency(2 * TWO[:1], 2 * TWO[1:], temperature=2.0), 4 * wanted)


@pytest.mark.parametrize(("stop", "moving"), [("none", (True, True)), ("fast", (False, True)), ("deep", (True, False))])
def test_consistency_stops_gradients(stop: str, moving: tuple[bool, bool]) -> None:
    fast, deep = (x.clone().requires_grad_() for x in (TWO[:1], TWO[1:]))
    consistency(fast, deep, stop).backward()  # type: ignore[arg-type]
    assert tuple(x.grad is not None and bool(x.grad.abs().sum() > 0) for x in (fast, deep)) == moving


def test_distillation_by_hand() -> None:
    p, q = (0.75, 0.25), (0.5, 0.5)
    wanted = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    near(distillation(TWO[1:], TWO[:1], temperature=1.0), wanted)
    near(distillation(2 * TWO[1:], 2 * TWO[:1]), 4 * wanted)
    near(distillation(TWO, TWO + 3.0), 0.0)
    student, teacher = (x.clone().requires_grad_() for x in (TWO[1:], TWO[:1]))
    distillation(student, teacher).backward()
    assert student.grad is not None
    assert student.grad.abs().sum() > 0
    assert teacher.grad is None


def test_supervised_contrastive_by_hand() -> None:
    # Unit vectors at 0°, 0°, 90°, 90°: cosines 1 with the partner and 0 with the other two.
    features = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [0.0, 1.0]])
    labels = torch.tensor([0, 0, 1, 1])
    near(supervised_contrastive(features, labels, temperature=1.0), -math.log(math.e / (math.e + 2)))
    lonely = supervised_contrastive(features, torch.tensor([0, 0, 1, 2]), temperature=1.0, reduction="none")
    near(lonely[2:], 0.0, 0.0)
    one = torch.randn(1, 3, requires_grad=True)
    loss = supervised_contrastive(one, torch.tensor([0]))
    loss.backward()
    assert loss.item() == 0.0
    assert torch.isfinite(one.grad).all()


def test_prototype_contrastive_by_hand() -> None:
    prototypes = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    owners = torch.tensor([0, 0, 1])
    features = torch.tensor([[5.0, 0.0], [0.0, 0.5], [1.0, 1.0]])
    all_ = math.e + 1 + 1 / math.e  # cosines 1, 0, −1
    up = 1 + math.e + 1  # cosines 0, 1, 0
    wanted = [-math.log((math.e + 1) / all_), -math.log(1 / up), 0.0]
    near(prototype_contrastive(features, torch.tensor([0, 1, 7]), prototypes, owners, 1.0, reduction="none"), *wanted)
    near(prototype_contrastive(features, torch.tensor([0, 1, 7]), prototypes, owners, 1.0), sum(wanted) / 2)


def test_reduction() -> None:
    values = torch.tensor([1.0, 2.0, float("nan")])
    weight = torch.tensor([1.0, 3.0, 0.0])
    near(reduce(values, weight, "mean"), 7 / 4)
    near(reduce(values, weight, "sum"), 7.0)
    near(reduce(values, weight, "none"), 1.0, 6.0, 0.0)
    near(reduce(values[:2], None, "mean"), 1.5)
    near(reduce(values, torch.zeros(3), "mean"), 0.0)
    with pytest.raises(ValueError, match="unknown"):
        reduce(values, None, "median")  # type: ignore[arg-type]


#: name → loss of logits [4, 3] with per-sample weights
PER_SAMPLE: dict[str, Callable[..., Tensor]] = {
    "focal": lambda x, **kw: focal(x, Y, 1.5, **kw),
    "cross_entropy": lambda x, **kw: cross_entropy(x, Y, torch.tensor([1.0, 2, 3]), torch.tensor([0.2, 0, 0.1]), **kw),
    "energy": lambda x, **kw: energy_hinge(x, Y == 0, Y == 2, -9.0, 9.0, **kw),
    "router": lambda x, **kw: router(x[:, 0], Y == 1, **kw),
    "consistency": lambda x, **kw: consistency(x, x.flip(1) * 2, **kw),
    "distillation": lambda x, **kw: distillation(x, torch.ones_like(x).cumsum(1), **kw),
    "supervised": lambda x, **kw: supervised_contrastive(x, Y, 0.5, **kw),
    "prototype": lambda x, **kw: prototype_contrastive(x, Y, torch.eye(3).double(), torch.tensor([0, 0, 2]), 0.5, **kw),
}
BATCH: dict[str, Callable[..., Tensor]] = {
    "tversky": lambda x: tversky(x, Y),
    "load_balance": lambda x: load_balance(x, 1),
    "gate_z": lambda x: gate_z(x),
    "budget": lambda x: traffic_budget(x[:, 0], 0.9),
}
Y = torch.tensor([0, 1, 2, 0])


def logits() -> Tensor:
    return torch.tensor([[0.3, -0.8, 1.1], [0.9, 0.2, -0.5], [-1.2, 0.4, 0.1], [0.7, 0.6, -0.3]])


@pytest.mark.parametrize("name", [*PER_SAMPLE, *BATCH])
def test_gradient_agrees_with_differences(name: str) -> None:
    """Central differences; the losses compute in float32, so the step is large and the tolerance loose."""
    loss = (PER_SAMPLE | BATCH)[name]
    x = logits().requires_grad_()
    (analytic,) = torch.autograd.grad(loss(x), x)
    numeric = torch.zeros_like(analytic)
    h = 1e-2
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            step = torch.zeros_like(x)
            step[i, j] = h
            numeric[i, j] = (loss(x.detach() + step) - loss(x.detach() - step)) / (2 * h)
    assert analytic.abs().max() > 1e-3
    torch.testing.assert_close(analytic, numeric, atol=1e-3, rtol=5e-3)


@pytest.mark.parametrize("name", PER_SAMPLE)
def test_weights_and_reductions_agree(name: str) -> None:
    loss, weight = PER_SAMPLE[name], torch.tensor([1.0, 0.0, 2.0, 0.5])
    each = loss(logits(), reduction="none")
    assert each.shape == (4,)
    torch.testing.assert_close(loss(logits(), weight=weight, reduction="none"), each * weight)
    torch.testing.assert_close(loss(logits(), weight=weight, reduction="sum"), (each * weight).sum())
    counted = weight * (each != 0) if name in ("energy", "supervised", "prototype") else weight
    torch.testing.assert_close(loss(logits(), weight=weight), (each * weight).sum() / counted.sum())


@pytest.mark.parametrize("name", [*PER_SAMPLE, *BATCH])
@pytest.mark.parametrize("scale", [1.0, 60.0])
def test_bf16_is_finite_and_close(name: str, scale: float) -> None:
    loss = (PER_SAMPLE | BATCH)[name]
    exact = (logits() * scale).bfloat16()
    x = exact.clone().requires_grad_()
    value = loss(x)
    value.backward()
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert torch.isfinite(x.grad).all()
    torch.testing.assert_close(value.detach(), loss(exact.float()), rtol=1e-5, atol=1e-6)
