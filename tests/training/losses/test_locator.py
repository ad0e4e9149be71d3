"""The locator's loss against shares counted by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.losses.locator import run_loss
from training.model.locator import RUN, Locator

LENGTH = 40
RUNS = LENGTH - RUN + 1


def window(first: int, last: int) -> torch.Tensor:
    """bool [1, 2 + LENGTH]: an attack from token `first` up to `last` of a text."""
    attack = torch.zeros(1, LENGTH + 2, dtype=torch.bool)
    attack[0, 1 + first : 1 + last] = True
    return attack


def heard(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Runs that say `values` [RUNS], as `Locator.runs` gives them for a text of LENGTH tokens."""
    said = torch.zeros(1, LENGTH + 1)
    said[0, :RUNS] = values
    there = torch.zeros(1, LENGTH + 1, dtype=torch.bool)
    there[0, :RUNS] = True
    return said, there


@pytest.mark.parametrize(
    ("first", "last", "right"),
    [
        (5, 5 + RUN, 9),  # twelve of a run's sixteen tokens are enough
        (20, 24, RUN - 1),  # three of an attack's four
        (0, LENGTH, RUNS),  # wherever it is not known better
    ],
)
def test_runs_that_hold_the_attack_share_the_probability(first: int, last: int, right: int) -> None:
    loss = run_loss(*heard(torch.zeros(RUNS)), window(first, last))
    assert loss.tolist() == pytest.approx([-math.log(right / (RUNS + 1))], abs=1e-5)


def test_nothing_is_right_where_there_is_no_attack() -> None:
    loss = run_loss(*heard(torch.full((RUNS,), math.log(3.0))), window(0, 0))
    assert loss.tolist() == pytest.approx([math.log(1 + 3 * RUNS)], abs=1e-5)


def test_what_is_no_run_counts_for_nothing() -> None:
    said, there = heard(torch.zeros(RUNS))
    said[:, RUNS:] = 50.0
    assert run_loss(said, there, window(5, 5 + RUN)).item() == pytest.approx(-math.log(9 / (RUNS + 1)), abs=1e-5)


def test_half_precision_is_summed_in_float32() -> None:
    said, there = heard(torch.linspace(-1, 1, RUNS))
    exact, rounded = (run_loss(part, there, window(5, 5 + RUN)) for part in (said, said.bfloat16()))
    assert rounded.dtype == torch.float32
    assert rounded.item() == pytest.approx(exact.item(), rel=1e-2)


def test_a_locator_learns_where_the_odd_tokens_stand() -> None:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    locator = Locator(8, 4)
    optimizer = torch.optim.Adam(locator.parameters(), 0.03)
    losses = []
    for step in range(80):
        hidden = torch.randn(16, LENGTH + 2, 8, generator=generator)
        attack = torch.zeros(16, LENGTH + 2, dtype=torch.bool)
        for row in range(0, 16, 2):  # the others are benign
            attack[row, 1 + row : 1 + row + RUN] = True
        hidden[..., 0] += 3.0 * attack
        loss = run_loss(*locator.runs(hidden, torch.full((16,), LENGTH + 2)), attack).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step == 0:
            assert loss.item() > 1.0
    assert sum(losses[-10:]) / 10 < 0.7
