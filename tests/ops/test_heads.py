"""Pooling, pattern bank and router through ONNX Runtime against PyTorch and the integer reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.ops.graphs import ISAS, Floats, Map, call, run, session
from training.deploy import head_operators as plain

each_isa = pytest.mark.parametrize("isa", ISAS)
#: Largest error of a float sum of some hundred terms, relative to the largest value.
SUM_BUDGET = 2e-5
#: Largest error of inputs that are rounded to 16 bits in two steps, relative to their range: 1 / (2 · 255²), and float32's.
FINE_BUDGET = 1e-5
#: Largest error of a cosine, which two such products lead to.
COSINE_BUDGET = 1e-4

LENGTHS = [1, 16, 5, 33, 64]
WIDTH = 48


def texts(lengths: list[int] = LENGTHS, width: int = WIDTH) -> tuple[Floats, NDArray[np.int64]]:
    """x [B, T, D] whose padding is zeros, as the layers leave it, and the lengths."""
    rng = np.random.default_rng(len(lengths))
    x = rng.normal(size=(len(lengths), max(lengths), width)).astype(np.float32)
    for b, length in enumerate(lengths):
        x[b, length:] = 0
    return x, np.array(lengths, np.int64)


def close(found: Floats, wanted: torch.Tensor) -> None:
    want = wanted.numpy()
    assert found.shape == want.shape
    assert np.abs(found - want).max() < SUM_BUDGET * np.abs(want).max()


@each_isa
def test_pool(isa: str) -> None:
    x, lengths = texts()
    close(run("Pool", [x, lengths], isa=isa)[0], plain.pool(*map(torch.from_numpy, (x, lengths))))


@each_isa
@pytest.mark.parametrize("scales", [(1,), (1, 4, 16, 64), (3, 100)])
def test_pool_scales(scales: tuple[int, ...], isa: str) -> None:
    x, lengths = texts()
    queries = np.random.default_rng(1).normal(size=(len(scales), WIDTH)).astype(np.float32)
    (found,) = run("PoolScales", [x, lengths], [np.array(scales), queries], isa=isa)
    close(found, plain.pool_scales(scales, *map(torch.from_numpy, (x, lengths, queries))))


def test_pooling_looks_at_no_padding() -> None:
    x, lengths = texts()
    constants = [np.array([1, 4]), np.ones((2, WIDTH), np.float32)]
    clean = [run("Pool", [x, lengths])[0], run("PoolScales", [x, lengths], constants)[0]]
    for b, length in enumerate(LENGTHS):
        x[b, length:] = 1e6
    for found, wanted in zip(
        [run("Pool", [x, lengths])[0], run("PoolScales", [x, lengths], constants)[0]], clean, strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


@each_isa
@pytest.mark.parametrize("inputs", [16, 48, 1152])
def test_fine_linear(inputs: int, isa: str) -> None:
    rng = np.random.default_rng(inputs)
    m = Map(rng.normal(size=(32, inputs)).astype(np.float32), rng.normal(size=32).astype(np.float32))
    x = rng.normal(size=(5, inputs)).astype(np.float32)
    x[0] *= 1e-3
    x[1, ::3] *= 50  # the small ones beside them would be lost in 8 bits
    x[2] = 0
    q, scale = m.quantized()
    weight = q * scale[:, None].astype(np.float64)
    want = x.astype(np.float64) @ weight.T + m.bias
    (found,) = run("FineLinear", [x], m.inputs(), isa=isa)
    extent = np.ptp(np.concatenate([x, np.zeros((5, 1))], 1), axis=1)
    budget = FINE_BUDGET * extent[:, None] * np.abs(weight).sum(1) + 1e-6
    assert (np.abs(found - want) <= budget).all()


def bank(count: int = 19) -> tuple[Map, Map]:
    rng = np.random.default_rng(2)
    project = rng.normal(size=(32, WIDTH)).astype(np.float32)
    points = rng.normal(size=(32, 32)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[count:] = 0
    return Map(project, np.zeros(32, np.float32)), Map(points, np.zeros(32, np.float32))


@each_isa
def test_highest_cosines(isa: str) -> None:
    lengths = [1, 130, 20]
    x, counts = texts(lengths)
    project, points = bank()
    constants = [*project.inputs(), *points.inputs()]
    (found,) = run("HighestCosines", [x, counts], constants, prototypes=19, isa=isa)
    weights = [q * scale[:, None].astype(np.float64) for q, scale in (project.quantized(), points.quantized())]
    for b, length in enumerate(lengths):
        y = x[b, :length] @ weights[0].T
        cosines = y @ weights[1].T[:, :19] / np.linalg.norm(y, axis=1, keepdims=True)
        np.testing.assert_allclose(found[b], cosines.max(0), rtol=0, atol=COSINE_BUDGET)


def router(features: int) -> list[Floats]:
    rng = np.random.default_rng(3)
    shapes = ((24, 7 + features), (24,), (3, 24), (3,))
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("used", [0, 5])
def test_router(used: int) -> None:
    rng = np.random.default_rng(4)
    answer = rng.normal(size=(4, 22)).astype(np.float32) * 5
    answer[1, 0] = 200  # the other classes' probabilities are zero
    asked = [answer, rng.normal(size=(4, 1)).astype(np.float32), np.array([1, 7, 300, 0]),
             rng.random((4, 5), dtype=np.float32)]  # fmt: skip
    close(run("Router", asked, router(used))[0], plain.route(*map(torch.from_numpy, [*asked, *router(used)])))


def test_a_value_that_is_no_number_stays_in_its_text() -> None:
    x, lengths = texts([9, 9])
    project, points = bank()
    kinds: dict[str, tuple[list[Any], dict[str, int]]] = {
        "Pool": ([], {}),
        "PoolScales": ([np.array([1, 4]), np.ones((2, WIDTH), np.float32)], {}),
        "HighestCosines": ([*project.inputs(), *points.inputs()], {"prototypes": 19}),
    }
    for op, (constants, attributes) in kinds.items():
        node = session(op, [x, lengths], constants, **attributes)
        (clean,) = call(node, [x, lengths])
        bad = x.copy()
        bad[0] = np.nan  # attention has mixed it into all tokens
        (found,) = call(node, [bad, lengths])
        assert np.isnan(found[0]).all(), op
        np.testing.assert_array_equal(found[1], clean[1])
    m = Map(np.ones((16, 16), np.float32), np.zeros(16, np.float32))
    rows = np.ones((2, 16), np.float32)
    rows[0, 3] = np.nan
    (found,) = run("FineLinear", [rows], m.inputs())
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    x, lengths = texts()
    project, points = bank()
    constants = [*project.inputs(), *points.inputs()]
    for count in (0, 33):
        with pytest.raises(Exception, match=f"{count} prototypes out of 32"):
            run("HighestCosines", [x, lengths], constants, prototypes=count)
    with pytest.raises(Exception, match=r"scales\[1\] is 0"):
        run("PoolScales", [x, lengths], [np.array([1, 0]), np.ones((2, WIDTH), np.float32)])
    with pytest.raises(Exception, match="lengths"):
        run("Pool", [x, lengths + 60])
    narrow = [np.ones((1, 3), np.float32), np.ones((1, 1), np.float32), np.ones(1, np.int64)]
    with pytest.raises(Exception, match="fewer than the classes"):
        run("Router", [*narrow, np.ones((1, 5), np.float32)], router(5))
    wide = [np.ones((1, 22), np.float32), *narrow[1:], np.ones((1, 6), np.float32)]
    with pytest.raises(Exception, match="takes 12 inputs"):
        run("Router", wide, router(5))
