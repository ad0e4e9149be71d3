"""Fitting the locator: windows whose attacks are marked, and finding them again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from training import locate
from training.loop.sampler import CLS, PAD, SEP
from training.losses.locator import run_loss
from training.model.locator import RUN, Locator

#: Tokens from here on are an attack's; a benign text that is put in has tokens from SMALL on.
BAD, SMALL, WIDTH = 500, 300, 12


def mixture(seed: int = 0) -> dict[str, Any]:
    """Planted attacks, short attacks, short and long benign texts, 40 of each."""
    rng = np.random.default_rng(seed)
    texts, focus, labels = [], [], []
    for _ in range(40):
        at, size = int(rng.integers(0, 300)), int(rng.integers(5, 40))
        planted = rng.integers(10, 200, 400)
        planted[at : at + size] = rng.integers(BAD, BAD + 50, size)
        kinds = (
            planted,
            rng.integers(BAD, BAD + 50, 20),
            rng.integers(SMALL, SMALL + 50, 20),
            rng.integers(10, 200, 600),
        )
        for text, place, label in zip(kinds, [(at, at + size)] + [(-1, -1)] * 3, (1, 2, 0, 0), strict=True):
            texts.append(text.astype(np.uint16))
            focus.append(place)
            labels.append(label)
    return {
        "tokens": np.concatenate(texts), "ends": np.cumsum([len(text) for text in texts]),
        "weight": np.ones(len(texts)), "focus": np.array(focus, np.int32), "class": np.array(labels),
        "features": rng.random((len(texts), 3)).astype(np.float32),
    }  # fmt: skip


class Reads:
    """A network whose hidden states are noise but for one number, which tells attacks from the rest."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def hidden(self, ids: np.ndarray, lengths: np.ndarray, features: np.ndarray) -> np.ndarray:
        found = self.rng.normal(size=(*ids.shape, WIDTH)).astype(np.float32)
        found[..., 3] += 3.0 * (ids >= BAD)
        return found


def test_windows_mark_the_tokens_of_their_attacks_and_no_others() -> None:
    data = mixture()
    drawn = locate.draw(data, 400, np.random.default_rng(1))
    benign_put_in = 0
    for ids, length, attack in zip(drawn.ids, drawn.lengths, drawn.attack, strict=True):
        assert ids[0] == CLS
        assert ids[length - 1] == SEP
        assert (ids[length:] == PAD).all()
        assert ((ids >= BAD) == attack).all()
        assert length <= locate.WIDTH
        benign_put_in += bool(((ids >= SMALL) & (ids < BAD)).any())
    attacked = drawn.attack.any(1).mean()
    assert attacked == pytest.approx(locate.PLANTED + locate.ATTACKS, abs=0.1)
    assert 0.1 < benign_put_in / 400 < 0.6
    places = drawn.attack.argmax(1)[drawn.attack.any(1)]
    assert places.min() < 40
    assert places.max() > 150


@pytest.mark.parametrize("missing", ["planted attacks", "short attacks", "short benign texts", "long benign texts"])
def test_a_mixture_without_a_kind_is_refused(missing: str) -> None:
    data = mixture()
    labels = data["class"].reshape(-1, 4)
    labels[:, ("planted attacks", "short attacks", "short benign texts", "long benign texts").index(missing)] = 3
    with pytest.raises(ValueError, match=f"the mixture has no {missing}"):
        locate.draw(data, 50, np.random.default_rng(0))


def test_hidden_states_come_in_the_order_of_the_windows() -> None:
    drawn = locate.draw(mixture(), 64, np.random.default_rng(2))
    found = locate.hidden_states(Reads(), drawn, threads=2)  # type: ignore[arg-type]
    assert found.shape == (64, locate.WIDTH, WIDTH)
    loud = found[..., 3].astype(np.float32)
    inside = np.arange(locate.WIDTH) < drawn.lengths[:, None]
    assert loud[drawn.attack].mean() == pytest.approx(3.0, abs=0.3)
    assert loud[inside & ~drawn.attack].mean() == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("begin", [0, 7, 50])
@pytest.mark.parametrize("length", [3, RUN, 40])
def test_only_runs_in_the_attack_are_right(begin: int, length: int) -> None:
    attack = torch.zeros(1, 102, dtype=torch.bool)
    attack[0, 1 + begin : 1 + begin + length] = True
    for at in range(100 - RUN + 1):
        said = torch.full((1, 101), -20.0)
        said[0, at] = 20.0
        there = torch.arange(101)[None] + RUN <= 100
        of = float(run_loss(said, there, attack)[0])
        held = max(0, min(at + RUN, begin + length) - max(at, begin))
        assert (of < 1.0) == (held >= 0.75 * min(length, RUN))


def test_where_there_is_no_attack_every_run_is_wrong() -> None:
    model = Locator(4, 2)
    with torch.no_grad():
        model.outer.weight.zero_()
        model.outer.bias.fill_(-9.0)
        nothing = torch.zeros(1, 60, 4), torch.tensor([60])
        quiet = run_loss(*model.runs(*nothing), torch.zeros(1, 60, dtype=torch.bool))
        model.outer.bias.fill_(9.0)
        loud = run_loss(*model.runs(*nothing), torch.zeros(1, 60, dtype=torch.bool))
    assert float(quiet) < 0.01
    assert float(loud) > 9.0


def test_a_fitted_locator_finds_attacks_that_it_never_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "CHUNK", 512)
    monkeypatch.setattr(locate, "RATE", 0.03)
    model = locate.fit(Reads(), mixture(), 2048, threads=1)  # type: ignore[arg-type]
    drawn = locate.draw(mixture(9), 200, np.random.default_rng(3))
    hidden = torch.from_numpy(locate.hidden_states(Reads(), drawn, 1).astype(np.float32))  # type: ignore[arg-type]
    with torch.no_grad():
        loud, begin = model(hidden, torch.from_numpy(drawn.lengths)).numpy().T
    attacked = drawn.attack.any(1)
    middle = 1 + begin.astype(int) + RUN // 2
    near = [drawn.attack[i, max(1, m - RUN // 2) : m + RUN // 2].any() for i, m in enumerate(middle)]
    assert np.mean(np.array(near)[attacked]) > 0.9
    assert (loud[attacked] > 0).mean() > 0.8
    assert (loud[~attacked] < 0).mean() > 0.8
