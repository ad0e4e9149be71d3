"""A further trained fast branch in its model: the deep branch answers as before."""

from __future__ import annotations

import pytest
import torch

from tests.training.deploy.test_combine import texts
from tests.training.model.conftest import small
from training.deploy.renew_fast import renew
from training.model.dual import DualBranch

DENSE = {"experts": 1, "experts_per_token": 1}


def model_and_run(locator: bool = False) -> tuple[DualBranch, DualBranch]:
    """The run may learn a locator that the model does not have."""
    model, run = small(**DENSE, separate_deep=True), small(**DENSE, deep_branch=False, fast_locator=locator)
    with torch.no_grad():
        shared = {name: value for name, value in model.state_dict().items() if name in run.state_dict()}
        run.load_state_dict(shared, strict=False)
        for parameter in run.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model, run


@pytest.mark.parametrize("locator", [False, True])
def test_the_fast_branch_is_the_runs_and_the_deep_one_stays(locator: bool) -> None:
    model, run = model_and_run(locator)
    renewed = small(**DENSE, separate_deep=True, fast_locator=locator)
    renewed.load_state_dict(renew(model.state_dict(), run.state_dict(), 1.0))
    before, alone, after = (m(*texts()) for m in (model, run, renewed))
    torch.testing.assert_close(after.fast.answer, alone.fast.answer)
    torch.testing.assert_close(after.deep.answer, before.deep.answer)
    assert not torch.allclose(after.fast.answer.classes, before.fast.answer.classes)
    assert torch.equal(renewed.router.hidden.weight, model.router.hidden.weight)


def test_the_trunk_is_between_beginning_and_end() -> None:
    model, run = model_and_run()
    found = renew(model.state_dict(), run.state_dict(), 0.25)
    name = "fast_layers.0.feed.up.weight"
    torch.testing.assert_close(found[name], torch.lerp(model.state_dict()[name], run.state_dict()[name], 0.25))
    torch.testing.assert_close(found["fast_heads.classes.bias"], run.state_dict()["fast_heads.classes.bias"])


def test_a_run_of_another_shape_is_refused() -> None:
    model = small(**DENSE, separate_deep=True).state_dict()
    with pytest.raises(ValueError, match="deep branch of its own"):
        renew(model, model)
    with pytest.raises(ValueError, match="does not have"):
        renew(model, model | {"more": torch.zeros(1)})
