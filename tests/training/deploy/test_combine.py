"""Two models as one: each branch answers as it did in the model that it comes from."""

from __future__ import annotations

import pytest
import torch

from tests.training.model.conftest import small
from training.deploy.combine import combine
from training.model.dual import DualBranch


def texts() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids [3, 9], their mask, and detector features [3, 5]."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 50, (3, 9), generator=generator)
    return ids, torch.arange(9) < torch.tensor([[9], [5], [2]]), torch.rand(3, 5, generator=generator)


def pair(**switches: object) -> tuple[DualBranch, DualBranch]:
    """Two models, the second of which becomes the deep branch."""
    first, second = (small(experts=1, experts_per_token=1, **switches) for _ in range(2))
    with torch.no_grad():
        for parameter in second.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return first, second


@pytest.mark.parametrize("locator", [False, True])
def test_each_branch_answers_as_before(locator: bool) -> None:
    ids, mask, features = texts()
    locators = {"fast_locator": locator, "deep_locator": locator}
    first, second = pair(**locators)
    both = small(experts=1, experts_per_token=1, separate_deep=True, deep_layers=6, **locators)
    both.load_state_dict(combine(first.state_dict(), second.state_dict(), 2, 0.25))
    out, fast, deep = (model(ids, mask, features) for model in (both, first, second))
    torch.testing.assert_close(out.fast.answer, fast.fast.answer)
    torch.testing.assert_close(out.deep.answer, deep.deep.answer)
    torch.testing.assert_close(out.fused.classes, 0.25 * fast.fast.answer.classes + 0.75 * deep.deep.answer.classes)


def test_the_deep_branch_is_never_asked_alone() -> None:
    first, second = pair()
    both = small(experts=1, experts_per_token=1, separate_deep=True, deep_layers=6)
    both.load_state_dict(combine(first.state_dict(), second.state_dict(), 2))
    with torch.no_grad():
        both.router.threshold.fill_(2.0)
    _, route = both.infer(*texts())
    assert set(route.tolist()) == {2}


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_that_silences_a_branch_is_refused(share: float) -> None:
    state = small().state_dict()
    with pytest.raises(ValueError, match="share"):
        combine(state, state, 2, share)
