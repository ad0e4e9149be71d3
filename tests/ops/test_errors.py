"""What the ops refuse, and that the message says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ops.graphs import call, run, session
from tests.ops.layers import constants, make_layer
from tinyguard import _core, ops
from training.model.config import DualConfig

SMALL = DualConfig(width=32, heads=4, ffn=48, experts=3, experts_per_token=2)


def refused(op: str, inputs: list[Any], constant: list[Any], **attributes: Any) -> str:
    with pytest.raises(Exception, match=f"tinyguard.{op}: ") as caught:
        run(op, inputs, constant, **attributes)
    return str(caught.value)


def embedding_inputs() -> list[Any]:
    table, scale = np.ones((5, 16), np.int8), np.ones(5, np.float32)
    positions, shift, gamma, beta = (np.ones(s, np.float32) for s in ((4, 16), (1, 16), 16, 16))
    return [table, scale, positions, shift, gamma, beta]


@pytest.mark.parametrize(("token", "says"), [(5, r"ids[0, 1] is 5"), (-1, r"ids[0, 1] is -1"), (2**62, "5 rows")])
def test_ids_outside_the_table(token: int, says: str) -> None:
    assert says in refused("Embedding", [np.array([[0, token]])], embedding_inputs())


def test_more_tokens_than_positions() -> None:
    assert "5 tokens, and there are 4 positions" in refused("Embedding", [np.zeros((1, 5), int)], embedding_inputs())


@pytest.mark.parametrize("length", [-1, 4])
def test_lengths_outside_the_text(length: int) -> None:
    layer = make_layer(SMALL, False)
    x = np.zeros((1, 3, 32), np.float32)
    says = refused("DenseLayer", [x, np.array([length])], constants(layer), heads=4)
    assert f"lengths[0] is {length}, and x has 3 tokens" in says


@pytest.mark.parametrize("experts", [False, True])
def test_every_wrong_shape_is_named(experts: bool) -> None:
    good = constants(make_layer(SMALL, experts))
    op, attributes = ("ExpertLayer", {"experts_per_token": 2}) if experts else ("DenseLayer", {})
    x, lengths = np.zeros((1, 3, 32), np.float32), np.array([3])
    run(op, [x, lengths], good, heads=4, **attributes)
    for i, array in enumerate(good):
        wrong = [*good[:i], array[:-1].copy(), *good[i + 1 :]]
        if not wrong[i].size:
            continue
        assert " the shape [" in refused(op, [x, lengths], wrong, heads=4, **attributes)
    for heads in (0, 5, -4):
        assert "heads" in refused(op, [x, lengths], good, heads=heads, **attributes)


def test_widths_that_no_vector_fits() -> None:
    says = refused(
        "DenseLayer", [np.zeros((1, 3, 24), np.float32), np.array([3])], constants(make_layer(SMALL, False)), heads=4
    )
    assert "width is 24" in says


@pytest.mark.parametrize("per_token", [0, 4])
def test_more_experts_than_there_are(per_token: int) -> None:
    inputs = [np.zeros((1, 3, 32), np.float32), np.array([3])]
    says = refused("ExpertLayer", inputs, constants(make_layer(SMALL, True)), heads=4, experts_per_token=per_token)
    assert f"{per_token} experts per token out of 3" in says


def test_a_missing_attribute() -> None:
    inputs = [np.zeros((1, 3, 32), np.float32), np.array([3])]
    assert "attribute heads" in refused("DenseLayer", inputs, constants(make_layer(SMALL, False)))


def test_an_unknown_instruction_set() -> None:
    with pytest.raises(Exception, match=r"'sse9'.*portable"):
        session("Quantize", [np.zeros((1, 16), np.float32)], outputs=3, isa="sse9")


def test_a_session_survives_a_refused_call() -> None:
    table = embedding_inputs()
    shared = session("Embedding", [np.zeros((1, 2), int)], table)
    with pytest.raises(Exception, match="ids"):
        call(shared, [np.array([[0, 9]])])
    assert np.isfinite(call(shared, [np.array([[0, 1]])])[0]).all()


@pytest.mark.parametrize(("name", "fails"), [("portable", False), ("avx512", False), ("sse9", True)])
def test_the_environment_forces_an_instruction_set(name: str, fails: bool) -> None:
    program = (
        "import onnxruntime, tinyguard.ops as o; s = onnxruntime.SessionOptions();"
        "s.register_custom_ops_library(str(o.library()))"
    )
    environment = {**os.environ, "TINYGUARD_FORCE_ISA": name, "PYTHONPATH": str(Path(ops.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails
    assert ("TINYGUARD_FORCE_ISA" in done.stderr) == fails


def test_a_build_without_the_library_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "__file__", str(tmp_path / "_core.so"))
    assert ops.library() is None
