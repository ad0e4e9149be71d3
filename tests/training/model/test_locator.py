"""The locator: which run of tokens is the loudest, whatever stands behind a text, and the same in its graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from tests.training.deploy.test_graphs import MAX_TOKENS, batch, deployable
from tinyguard import ops
from training.deploy.export import FAST, PLAIN_FAST, export
from training.model.locator import MARGIN, RUN, Locator
from training.package import read_locator

WIDTH = 8


def locator(width: int = WIDTH) -> Locator:
    torch.manual_seed(5)
    return Locator(width, 6)


def said(model: Locator, hidden: torch.Tensor) -> list[float]:
    """How loud each token of a text is; hidden [tokens, WIDTH]."""
    return [float(model.outer(torch.relu(model.inner(token)))) for token in hidden]


def heard(tokens: list[float]) -> tuple[float, int]:
    begins = range(max(1, len(tokens) - RUN + 1))
    loud = [sum(tokens[at : at + RUN]) / RUN for at in begins]
    return max(loud), int(np.argmax(loud))


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2, RUN - 1, RUN, RUN + 1, 40])
def test_the_loudest_run_of_a_text_counts(count: int) -> None:
    model = locator()
    for seed in range(10):
        hidden = torch.randn(1, count + 2, WIDTH, generator=torch.Generator().manual_seed(seed))
        (found,) = model(hidden, torch.tensor([count + 2])).tolist()
        assert found == pytest.approx(heard(said(model, hidden[0, 1:-1])), abs=1e-5)


@torch.no_grad()
def test_what_stands_behind_a_text_says_nothing() -> None:
    model = locator()
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(4, 60, WIDTH, generator=generator) * 3
    lengths = torch.tensor([60, 30, 18, 5])
    together = model(hidden, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = model(hidden[row : row + 1, :length], lengths[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-6, rtol=0)


@torch.no_grad()
def test_of_equal_runs_the_first_counts() -> None:
    model = locator()
    model.outer.weight.zero_()
    model.outer.bias.fill_(0.5)  # sums of which are exact
    assert model(torch.ones(1, 50, WIDTH), torch.tensor([50])).tolist() == [[0.5, 0.0]]


@torch.no_grad()
@pytest.mark.parametrize("name", [PLAIN_FAST, pytest.param(FAST, marks=pytest.mark.skipif(
    ops.library() is None, reason="a build without the operators"))])  # fmt: skip
def test_the_exported_graph_names_the_loudest_run_and_answers_as_before(name: str, tmp_path: Path) -> None:
    model = deployable()
    locate = locator(model.config.width)
    export(model, tmp_path / "without", MAX_TOKENS)
    export(model, tmp_path / "with", MAX_TOKENS, locator=locate)
    options = ort.SessionOptions()
    if name == FAST:
        options.register_custom_ops_library(str(ops.library()))
    before, after = (ort.InferenceSession(str(tmp_path / kind / name), options) for kind in ("without", "with"))
    for lengths in ([80], [2], [17, 30, 60], [33, 33]):
        given = {key: value.numpy() for key, value in batch(lengths).items()}
        names = ["hidden", "answer", "routes"]
        *same, loudest = after.run([*names, "loudest"], given)
        for one, other in zip(before.run(names, given), same, strict=True):
            np.testing.assert_array_equal(one, other)
        wanted = locate(torch.from_numpy(same[0]), torch.tensor(lengths))
        np.testing.assert_allclose(loudest, wanted.numpy(), atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("name", [PLAIN_FAST, pytest.param(FAST, marks=pytest.mark.skipif(
    ops.library() is None, reason="a build without the operators"))])  # fmt: skip
def test_the_graph_of_a_model_with_a_locator_of_its_own_names_its_run_with_the_margin(
    name: str, tmp_path: Path
) -> None:
    model = deployable(fast_locator=True)
    export(model, tmp_path, MAX_TOKENS)
    options = ort.SessionOptions()
    if name == FAST:
        options.register_custom_ops_library(str(ops.library()))
    session = ort.InferenceSession(str(tmp_path / name), options)
    for lengths in ([80], [2], [17, 30, 60]):
        given = {key: value.numpy() for key, value in batch(lengths).items()}
        hidden, loudest = session.run(["hidden", "loudest"], given)
        wanted = model.fast_locator(torch.from_numpy(hidden), torch.tensor(lengths)).numpy()
        wanted[:, 0] += MARGIN
        np.testing.assert_allclose(loudest, wanted, atol=1e-4)


def test_a_second_locator_is_refused(tmp_path: Path) -> None:
    model = deployable(fast_locator=True)
    with pytest.raises(ValueError, match="of its own"):
        export(model, tmp_path, MAX_TOKENS, locator=locator(model.config.width))


def test_a_locator_is_read_back(tmp_path: Path) -> None:
    model = locator()
    np.savez(tmp_path / "l.npz", **{name: value.numpy() for name, value in model.state_dict().items()})
    found = read_locator(tmp_path / "l.npz")
    for name, value in model.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)
