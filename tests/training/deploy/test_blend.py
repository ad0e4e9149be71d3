"""A run's weights half-way back to where it began."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.loop.conftest import mixture  # noqa: F401
from tests.training.toys import toy_options
from training.deploy.blend import FAST_SHARE, blend, start_of
from training.loop.options import RunOptions
from training.model.dual import DualBranch


@pytest.fixture(scope="module")
def two(mixture) -> tuple[DualBranch, DualBranch]:  # noqa: F811
    torch.manual_seed(3)
    options = toy_options(mixture)
    return DualBranch(options.model), DualBranch(options.model)


def test_the_trunk_is_averaged_and_the_heads_stay(two: tuple[DualBranch, DualBranch]) -> None:
    start, end = (model.state_dict() for model in two)
    mixed = blend(end, start, 0.25)
    name = "fast_layers.0.attention.qkv.weight"
    torch.testing.assert_close(mixed[name], 0.25 * end[name] + 0.75 * start[name])
    for kept in ("fast_heads.classes.weight", "deep_pooling.hidden.weight", "embedding.detectors.weight"):
        assert torch.equal(mixed[kept], end[kept])
    assert mixed.keys() == end.keys()


def test_both_branches_are_heard_in_fixed_shares(two: tuple[DualBranch, DualBranch]) -> None:
    start, end = two
    assert end.router is not None
    with torch.no_grad():
        end.router.routes.bias.sub_(40.0)  # which changes no route
    model = DualBranch(end.config)
    model.load_state_dict(blend(end.state_dict(), start.state_dict(), 0.5))
    ids = torch.randint(4, model.config.vocabulary, (3, 12))
    with torch.no_grad():
        out = model.eval()(ids, torch.ones_like(ids), torch.rand(3, model.config.features))
    assert out.fast.answer is not None
    assert out.deep is not None
    assert out.fast.routes is not None
    mixed = FAST_SHARE * out.fast.answer.classes + (1.0 - FAST_SHARE) * out.deep.answer.classes
    torch.testing.assert_close(out.fused.classes, mixed)
    assert (out.fast.routes[:, 2] > out.fast.routes[:, 1]).all()


def test_a_share_is_from_0_to_1(two: tuple[DualBranch, DualBranch]) -> None:
    start, end = (model.state_dict() for model in two)
    with pytest.raises(ValueError, match="share"):
        blend(end, start, 1.5)


def test_the_start_may_be_a_checkpoint(two: tuple[DualBranch, DualBranch], tmp_path: Path) -> None:
    start = two[0].state_dict()
    torch.save({"average": start}, tmp_path / "start.pt")
    found = start_of(tmp_path / "start.pt", RunOptions())
    assert found.keys() == start.keys()
    assert all(torch.equal(found[name], start[name]) for name in start)
