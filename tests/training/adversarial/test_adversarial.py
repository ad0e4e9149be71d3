"""Perturbations stay in their ball, leave padding and gradients alone, and hurt."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from training.adversarial.attacks import divergence, fgsm, pgd, trades
from training.adversarial.ball import project, radii, random_point, steepest
from training.adversarial.train import AdversarialConfig, adversarial_loss, applies, perturb
from training.model.config import DualConfig
from training.model.dual import DualBranch

EPSILON = 0.1


class Split:
    """The tiny model split into its embedding and the rest."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        self.model = DualBranch(
            DualConfig(
                vocabulary=30, width=12, heads=2, ffn=16, fast_layers=1, deep_layers=1, positions=16, dropout=0.0,
                characters=False, detectors=False, patterns=False, experts=1, experts_per_token=1,
            )
        )  # fmt: skip
        self.ids = torch.randint(4, 30, (4, 9))
        self.mask = torch.ones(4, 9, dtype=torch.int64)
        self.mask[1, 6:] = self.mask[3, 2:] = 0
        self.labels = torch.tensor([0, 1, 2, 1])
        self.embeddings = self.model.embed(self.ids)

    def logits(self, x: Tensor) -> Tensor:
        return self.model.forward_embeddings(x, self.mask.bool()).fused.classes

    def loss(self, x: Tensor) -> Tensor:
        return self.loss_of_logits(self.logits(x))

    def loss_of_logits(self, logits: Tensor) -> Tensor:
        return F.cross_entropy(logits, self.labels)

    def trained(self) -> set[str]:
        """Names of the parameters with a gradient."""
        return {n for n, p in self.model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}


@pytest.fixture
def split() -> Split:
    return Split()


def attack(split: Split, method: str, epsilon: float, norm: str) -> Tensor:
    config = AdversarialConfig(method=method, epsilon=epsilon, norm=norm)  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(0)
    return perturb(config, split.logits, split.loss_of_logits, split.embeddings, split.mask, generator=generator)


CASES = [(method, norm) for method in ("fgsm", "pgd", "trades") for norm in ("l2", "linf")]


@pytest.mark.parametrize(("method", "norm"), CASES)
def test_perturbation_is_in_the_ball_and_off_the_padding(split: Split, method: str, norm: str) -> None:
    delta = attack(split, method, EPSILON, norm)
    size = split.embeddings.detach().norm(dim=-1)
    if norm == "l2":
        measured, allowed = delta.norm(dim=-1), EPSILON * size
    else:
        measured, allowed = delta.abs().amax(-1), EPSILON * size / math.sqrt(12)
    kept = split.mask != 0
    assert (measured <= allowed * (1 + 1e-5)).all()
    assert (measured[kept] > 0.01 * allowed[kept]).all()
    assert (delta[~kept] == 0).all()
    assert not delta.requires_grad


@pytest.mark.parametrize(("method", "norm"), CASES)
def test_what_the_attack_raises_does_not_fall(split: Split, method: str, norm: str) -> None:
    delta = attack(split, method, EPSILON, norm)
    with torch.no_grad():
        clean, hurt = split.logits(split.embeddings), split.logits(split.embeddings + delta)
        if method == "trades":
            random = random_point(split.embeddings, radii(split.embeddings, split.mask, EPSILON, norm), norm)  # type: ignore[arg-type]
            moved = divergence(clean, split.logits(split.embeddings + random)).sum()
            assert divergence(clean, hurt).sum() > 2 * moved > 0
        else:
            assert split.loss_of_logits(hurt) > split.loss_of_logits(clean) + 1e-3


def test_pgd_does_at_least_as_much_as_fgsm_on_its_way(split: Split) -> None:
    one = fgsm(split.loss, split.embeddings, split.mask, 0.3)
    many = pgd(split.loss, split.embeddings, split.mask, 0.3, steps=10, random_start=False)
    with torch.no_grad():
        assert split.loss(split.embeddings + many) >= split.loss(split.embeddings + one) - 1e-5


@pytest.mark.parametrize("method", ["fgsm", "pgd", "trades"])
def test_gradients_of_parameters_are_not_touched(split: Split, method: str) -> None:
    for parameter in split.model.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    attack(split, method, EPSILON, "l2")
    assert all((p.grad == 7.0).all() for p in split.model.parameters())
    # The embeddings keep their graph: the step that follows must still reach the embedding table.
    split.loss(split.embeddings).backward()
    assert (split.model.embedding.tokens.weight.grad != 7.0).any()


def test_attack_works_in_no_grad_and_with_frozen_parameters(split: Split) -> None:
    split.model.requires_grad_(False)
    with torch.no_grad():
        assert attack(split, "pgd", EPSILON, "l2").abs().sum() > 0


@pytest.mark.parametrize("method", ["fgsm", "pgd", "trades", "none"])
def test_zero_epsilon_is_the_clean_loss(split: Split, method: str) -> None:
    config = AdversarialConfig(method=method, epsilon=0.0)  # type: ignore[arg-type]
    loss, logits = adversarial_loss(config, split.logits, split.loss_of_logits, split.embeddings, split.mask)
    assert torch.equal(loss, split.loss(split.embeddings))
    assert torch.equal(logits, split.logits(split.embeddings))


@pytest.mark.parametrize("method", ["fgsm", "pgd", "trades"])
def test_loss_of_a_perturbed_batch_is_higher_and_trains_every_part(split: Split, method: str) -> None:
    config = AdversarialConfig(method=method, epsilon=EPSILON)  # type: ignore[arg-type]
    loss, _ = adversarial_loss(config, split.logits, split.loss_of_logits, split.embeddings, split.mask)
    assert loss > split.loss(split.embeddings)
    loss.backward(retain_graph=True)
    trained = split.trained()
    split.model.zero_grad()
    split.loss(split.embeddings).backward()
    assert (
        trained == split.trained() >= {"embedding.tokens.weight", "fast_layers.0.feed.up.weight", "fusion.gate.weight"}
    )


@pytest.mark.parametrize("method", ["fgsm", "pgd", "trades"])
def test_outputs_may_be_more_than_logits(split: Split, method: str) -> None:
    config = AdversarialConfig(method=method, epsilon=EPSILON)  # type: ignore[arg-type]

    def generator() -> torch.Generator:
        return torch.Generator().manual_seed(0)

    loss, out = adversarial_loss(
        config, lambda x: {"fused": split.logits(x)}, lambda o: split.loss_of_logits(o["fused"]), split.embeddings,
        split.mask, lambda o: o["fused"], generator=generator(),
    )  # fmt: skip
    plain, logits = adversarial_loss(
        config, split.logits, split.loss_of_logits, split.embeddings, split.mask, generator=generator()
    )
    assert torch.equal(loss, plain)
    assert torch.equal(out["fused"], logits)


def test_divergence_by_hand() -> None:
    clean = torch.tensor([[math.log(3.0), 0.0]])  # (¾, ¼)
    moved = torch.tensor([[0.0, 0.0]])
    wanted = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert divergence(clean, moved).item() == pytest.approx(wanted, rel=1e-5)
    assert divergence(moved, clean).item() == pytest.approx(-0.5 * math.log(0.75), rel=1e-5)  # ½ ln ⅔ + ½ ln 2
    assert divergence(clean, clean).item() == 0.0


def test_trades_by_hand() -> None:
    """One text, one token, logits = (3·x₀, 0): the prediction moves most along x₀."""
    x = torch.tensor([[[1.0, 0.0]]])
    mask = torch.ones(1, 1)

    def logits_of(e: Tensor) -> Tensor:
        return torch.stack([3 * e[:, 0, 0], torch.zeros(1)], dim=-1)

    delta = trades(logits_of, x, mask, 0.5, steps=40, generator=torch.Generator().manual_seed(1))
    # From a random start it ends at x₀ = ½ or at 1½, whichever side it began on; both are on the border.
    assert abs(delta[0, 0, 0].item()) == pytest.approx(0.5, abs=1e-3)
    config = AdversarialConfig(method="trades", epsilon=0.5, steps=40, beta=2.0)
    generator = torch.Generator().manual_seed(1)
    loss, _ = adversarial_loss(
        config, logits_of, lambda z: F.cross_entropy(z, torch.tensor([0])), x, mask, generator=generator
    )
    p, q = (1 / (1 + math.exp(-3 * v)) for v in (1.0, 1.0 + math.copysign(0.5, delta[0, 0, 0].item())))
    kl = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert loss.item() == pytest.approx(-math.log(p) + 2 * kl, rel=1e-2)


def test_fgsm_by_hand() -> None:
    """Loss 3·x₀ + 4·x₁ over two tokens, the second padded: the step is ε·‖x‖·(0.6, 0.8)."""
    x = torch.tensor([[[0.0, 2.0], [1.0, 1.0]]])
    mask = torch.tensor([[1, 0]])

    def loss(e: Tensor) -> Tensor:
        return (e * torch.tensor([3.0, 4.0])).sum()

    torch.testing.assert_close(fgsm(loss, x, mask, 0.5), torch.tensor([[[0.6, 0.8], [0.0, 0.0]]]))
    signs = 0.5 * 2 / math.sqrt(2)
    torch.testing.assert_close(fgsm(loss, x, mask, 0.5, "linf"), torch.tensor([[[signs, signs], [0.0, 0.0]]]))


@pytest.mark.parametrize("scale", [1e-36, 1.0, 1e30])
def test_step_length_does_not_hang_on_the_gradients_size(scale: float) -> None:
    gradient = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]]) * scale
    step = steepest(gradient, torch.full((1, 2, 1), 2.0))
    torch.testing.assert_close(step, torch.tensor([[[1.2, 1.6], [0.0, 0.0]]]))


def test_projection_and_random_points() -> None:
    radius = torch.tensor([[[1.0], [0.0]]])
    delta = torch.tensor([[[3.0, 4.0], [1.0, 1.0]]])
    torch.testing.assert_close(project(delta, radius), torch.tensor([[[0.6, 0.8], [0.0, 0.0]]]))
    torch.testing.assert_close(project(0.1 * delta, radius)[:, 0], 0.1 * delta[:, 0])
    torch.testing.assert_close(project(delta, radius, "linf"), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]]))
    points = random_point(torch.zeros(50, 40, 2), torch.ones(50, 40, 1), generator=torch.Generator().manual_seed(0))
    size = points.norm(dim=-1)
    assert size.max() <= 1 + 1e-6
    assert (size < 0.5).float().mean().item() == pytest.approx(0.25, abs=0.03)  # uniform in the disc's area


def test_padding_may_hold_anything(split: Split) -> None:
    spoiled = split.embeddings.detach().clone()
    spoiled[split.mask == 0] = float("nan")
    radius = radii(spoiled, split.mask, EPSILON)
    assert torch.isfinite(radius).all()
    assert (radius[split.mask == 0] == 0).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(split: Split, dtype: torch.dtype) -> None:
    split.model.to(dtype)
    x = split.model.embed(split.ids)

    def logits(e: Tensor) -> Tensor:
        assert e.dtype == dtype
        return split.model.fast_heads.classes(e.mean(1))

    config = AdversarialConfig(method="pgd", epsilon=EPSILON)
    loss, _ = adversarial_loss(config, logits, lambda z: F.cross_entropy(z.float(), split.labels), x, split.mask)
    assert torch.isfinite(loss)


def test_schedule() -> None:
    config = AdversarialConfig(method="fgsm", start_step=100, start_epoch=3, share=0.25)
    steps = [applies(config, step, 5.0) for step in range(4100)]
    assert not any(steps[:100])
    assert sum(steps) / 4000 == pytest.approx(0.25, abs=0.03)
    assert steps == [applies(config, step, 5.0) for step in range(4100)]
    assert not any(applies(config, step, 2.9) for step in range(4100))
    assert not any(applies(AdversarialConfig(), step) for step in range(50))
    assert all(applies(AdversarialConfig(method="pgd", share=1.0), step) for step in range(50))


@pytest.mark.parametrize(
    "call",
    [
        lambda s: radii(s.embeddings, s.mask, -0.1),
        lambda s: radii(s.embeddings, s.mask, 0.1, "l7"),
        lambda s: pgd(s.loss, s.embeddings, s.mask, 0.1, steps=0),
        lambda s: attack(s, "boost", 0.1, "l2"),
    ],
)
def test_bad_configuration_is_refused(split: Split, call: Callable[[Split], Tensor]) -> None:
    with pytest.raises(ValueError, match=r"must be|unknown"):
        call(split)
