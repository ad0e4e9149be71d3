"""A model folder in four bits: the rounding, the file, and what a guard makes of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.training.deploy.test_graphs import MAX_TOKENS, deployable
from tinyguard import fourbit
from training.deploy import compress as module
from training.deploy.compress import Place, compress, grouped, places, row_sums, ungrouped
from training.deploy.export import WEIGHTS, export
from training.deploy.groups import EVEN, fit, fit_codes, levels

#: Root mean square error of normal values, relative to theirs. 16 levels over the whole range of 32 make about 0.093.
ERROR_BUDGET = 0.08


def error(values: np.ndarray, codes: np.ndarray) -> float:
    chosen, low, span = fit(values, codes)
    difference = levels(low, span, codes[chosen]) - values.astype(np.float64)
    return float(np.sqrt((difference**2).mean() / (values.astype(np.float64) ** 2).mean()))


def test_values_of_a_normal_distribution() -> None:
    values = np.random.default_rng(1).normal(0, 30, (4000, 32)).round().clip(-127, 127).astype(np.int16)
    codes = fit_codes(values)
    assert (np.diff(codes.astype(int)) > 0).all()
    assert error(values, codes) < error(values, EVEN) < 0.093
    assert error(values, codes) < ERROR_BUDGET


@pytest.mark.parametrize("group", [[0] * 32, [-128] * 32, [127] * 32, [-128, 127] * 16, [*range(16)] * 2])
def test_groups_that_sixteen_levels_can_say(group: list[int]) -> None:
    values = np.array([group], np.int16)
    chosen, low, span = fit(values, EVEN)
    # The last code stands for 255/256 of a span: at most one off.
    assert np.abs(levels(low, span, EVEN[chosen]) - values).max() <= 1


def test_ends_and_levels_fit_their_bytes() -> None:
    values = np.random.default_rng(2).integers(-128, 128, (5000, 32)).astype(np.int16)
    codes = fit_codes(values)
    chosen, low, span = fit(values, codes)
    assert chosen.max() <= 15
    assert (low >= -128).all()
    assert (span >= 0).all()
    assert (span <= 255).all()
    every = levels(low, span, codes[None, :])
    assert (every >= -128).all()
    assert (every <= 127).all()


@pytest.mark.parametrize("lanes", fourbit.LANES)
def test_groups_in_the_order_of_the_file(lanes: int) -> None:
    values = np.arange(32 * lanes * 3, dtype=np.int64)
    groups = grouped(values, lanes)
    assert (ungrouped(groups, lanes) == values).all()
    # In the kernels' layout, a group is one of 16 outputs: 8 times 4 inputs that stand 64 apart.
    assert (
        groups[1] == (np.arange(32, 64) if lanes == 1 else np.arange(4) + 4 + 64 * np.arange(8)[:, None]).ravel()
    ).all()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(deployable(), folder, MAX_TOKENS)
    return folder


def test_everything_but_the_chosen_tensors_and_their_sums_stays(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALLEST", 1024)
    tensors, before = places(exported), (exported / WEIGHTS).read_bytes()
    content, parts = compress(before, tensors, keep=["fast/layers.0.*"])
    after = fourbit.expand(content).tobytes()
    assert len(after) == len(before)
    chosen = {part.place.name: part for part in parts}
    assert "fast/table" in chosen
    assert any(part.place.lanes == 16 for part in parts)
    assert not any(name.startswith("fast/layers.0.") for name in chosen)
    assert all(0 < part.error < ERROR_BUDGET for part in parts)
    sums = 0
    for place in tensors:
        old, new = (data[place.offset : place.offset + place.length] for data in (before, after))
        if place.name in chosen:
            assert old != new
            continue
        owner = next((p for p in (part.place for part in parts) if p.lanes == 16 and old == sums_of(before, p)), None)
        assert new == (old if owner is None else sums_of(after, owner)), place.name
        sums += owner is not None
    assert sums == sum(part.place.lanes == 16 for part in parts)


def sums_of(data: bytes, place: Place) -> bytes:
    return row_sums(np.frombuffer(data, np.int8, place.length, place.offset), place.shape).tobytes()


def test_a_matrix_without_its_row_sums_is_refused() -> None:
    values = np.random.default_rng(3).integers(-127, 128, module.SMALLEST, np.int8).tobytes()
    place = Place("fast/matrix", onnx.TensorProto.INT8, (4, module.SMALLEST // 256, 16, 4), 0, len(values))
    with pytest.raises(ValueError, match="row sums of fast/matrix"):
        compress(values, [place])
