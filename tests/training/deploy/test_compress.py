"""A model folder in four bits: the rounding, the file, and what a guard makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.training.deploy.test_graphs import MAX_TOKENS, deployable
from tinyguard import fourbit
from training.deploy import compress as module
from training.deploy import weights_file
from training.deploy.compress import Place, compress, grouped, places, row_sums, ungrouped
from training.deploy.export import WEIGHTS, export
from training.deploy.groups import fit, levels

#: Root mean square error of normal values, relative to theirs. 16 levels from a group's least to its most make 0.080.
ERROR_BUDGET = 0.076


def test_values_of_a_normal_distribution() -> None:
    values = np.random.default_rng(1).normal(0, 30, (4000, 32)).round().clip(-127, 127).astype(np.int16)
    chosen, low, span = fit(values)
    difference = levels(low, span, chosen) - values.astype(np.float64)
    assert np.sqrt((difference**2).mean() / (values.astype(np.float64) ** 2).mean()) < ERROR_BUDGET


@pytest.mark.parametrize("group", [[0] * 32, [-128] * 32, [127] * 32, [-128, 127] * 16, [*range(16)] * 2])
def test_groups_that_sixteen_levels_can_say(group: list[int]) -> None:
    chosen, low, span = fit(np.array([group], np.int16))
    # The highest level is 255/256 of a span above the lowest: at most one off.
    assert np.abs(levels(low, span, chosen) - np.array(group)).max() <= 1


def test_ends_and_levels_fit_their_bytes() -> None:
    chosen, low, span = fit(np.random.default_rng(2).integers(-128, 128, (5000, 32)).astype(np.int16))
    assert chosen.max() == 15
    assert low.min() >= -128
    assert 0 <= span.min() <= span.max() <= 255
    every = levels(low, span, np.arange(16, dtype=np.uint8)[None, :])
    assert -128 <= every.min() <= every.max() <= 127


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights_file, "SMALLEST", 64)  # row sums of matrices this small are kept in the graphs otherwise
        export(deployable(), folder, MAX_TOKENS)
    return folder


def test_everything_but_the_chosen_tensors_and_their_sums_stays(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALLEST", 1024)
    tensors, before = places(exported), (exported / WEIGHTS).read_bytes()
    content, parts = compress(before, tensors, ["fast/table", "*layers.1.*"], rows=5)
    after = fourbit.expand(content).tobytes()
    assert len(after) == len(before)
    chosen = {part.place.name: part for part in parts}
    assert "fast/table" in chosen
    assert any(part.place.lanes == 16 for part in parts)
    assert not any("layers.0." in name for name in chosen)
    assert all(0 < part.error < 0.1 for part in parts)
    sums = 0
    for place in tensors:
        old, new = (data[place.offset : place.offset + place.length] for data in (before, after))
        if place.name in chosen:
            kept = chosen[place.name].place.offset - place.offset
            assert kept == (5 * place.shape[1] if place.name == "fast/table" else 0)
            assert (old[:kept] == new[:kept], old[kept:] == new[kept:]) == (True, False)
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
        compress(values, [place], ["*"])
