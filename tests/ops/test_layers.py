"""Whole layers through ONNX Runtime against PyTorch, on every instruction set."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from tests.ops.graphs import ISAS, Floats, call, session
from tests.ops.layers import array, constants, expected, make_layer
from training.model.config import DualConfig
from training.model.layer import Layer
from training.quantization import reference

#: Activations are rounded to 1/255 of a row's range four times on the way. Where float sums differ in the last place, a
#: value at a tie becomes its neighbour: single entries may be off by a step's worth, the average one may not.
MEAN_BUDGET = 2e-4
LARGEST_BUDGET = 5e-2
#: Instruction sets with fused multiply-add: the same bits.
FUSED = [isa for isa in ISAS if isa != "portable"]

SHAPES = {
    "shipped": DualConfig(width=384, heads=12, ffn=1536, experts=8, experts_per_token=2),
    "wide heads": DualConfig(width=96, heads=2, ffn=208, experts=4, experts_per_token=3),
    "odd heads": DualConfig(width=80, heads=8, ffn=112, experts=3, experts_per_token=1),
    "least": DualConfig(width=16, heads=4, ffn=16, experts=2, experts_per_token=2),
}


def attributes(config: DualConfig, experts: bool) -> dict[str, int]:
    return {"heads": config.heads, **({"experts_per_token": config.experts_per_token} if experts else {})}


def batch(config: DualConfig, lengths: list[int], seed: int = 0) -> tuple[Floats, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(lengths), max(lengths) + 2, config.width)).astype(np.float32)
    for b, length in enumerate(lengths):
        x[b, length:] = 1e6  # must not be looked at
    return x, np.array(lengths, np.int64)


def layer_session(layer: Layer, config: DualConfig, experts: bool, x: Floats, lengths: Any, isa: str) -> Any:
    op = "ExpertLayer" if experts else "DenseLayer"
    return session(op, [x, lengths], constants(layer), isa=isa, **attributes(config, experts))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("experts", [False, True], ids=["dense", "experts"])
@pytest.mark.parametrize("shape", SHAPES)
def test_layer_is_pytorchs(shape: str, experts: bool, isa: str) -> None:
    config = SHAPES[shape]
    layer = make_layer(config, experts)
    x, lengths = batch(config, [1, 33, 0, 16, 13])
    with torch.inference_mode():
        want = expected(layer, x, lengths)
    (got,) = call(layer_session(layer, config, experts, x, lengths, isa), [x, lengths])
    error = np.abs(got - want)
    assert error.mean() < MEAN_BUDGET and error.max() < LARGEST_BUDGET
    assert np.abs(want).max() > 1
    for b, length in enumerate(lengths):
        assert (got[b, length:] == 0).all()


@pytest.mark.skipif(len(FUSED) < 2, reason="one instruction set with fused multiply-add at most")
@pytest.mark.parametrize("experts", [False, True], ids=["dense", "experts"])
@pytest.mark.parametrize("shape", SHAPES)
def test_fused_instruction_sets_agree_bit_for_bit(shape: str, experts: bool) -> None:
    config = SHAPES[shape]
    layer = make_layer(config, experts, seed=1)
    x, lengths = batch(config, [40, 7], seed=1)
    results = [call(layer_session(layer, config, experts, x, lengths, isa), [x, lengths])[0] for isa in FUSED]
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("experts", [False, True], ids=["dense", "experts"])
def test_a_text_does_not_depend_on_its_batch(experts: bool, isa: str) -> None:
    config = SHAPES["wide heads"]
    layer = make_layer(config, experts, seed=2)
    # More than one group of 512 tokens, and texts that chunks of 48 cut through.
    x, lengths = batch(config, [5, 300, 1, 64, 200, 17, 90], seed=2)
    whole = layer_session(layer, config, experts, x, lengths, isa)
    (together,) = call(whole, [x, lengths])
    for b, length in enumerate(lengths):
        (alone,) = call(whole, [x[b : b + 1, :length].copy(), lengths[b : b + 1]])
        np.testing.assert_array_equal(alone[0], together[b, :length])


def test_threads_share_a_session() -> None:
    config = SHAPES["wide heads"]
    layer = make_layer(config, True, seed=3)
    inputs = [batch(config, [5 + 31 * i, 12], seed=i) for i in range(6)]
    shared = layer_session(layer, config, True, *inputs[0], "")
    alone = [call(shared, pair)[0] for pair in inputs]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(20):
            if not np.array_equal(call(shared, inputs[i])[0], alone[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("experts", [False, True], ids=["dense", "experts"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_value_that_is_no_number_stays_in_its_text(experts: bool, value: float) -> None:
    config = SHAPES["odd heads"]
    layer = make_layer(config, experts)
    x, lengths = batch(config, [9, 9])
    layers = layer_session(layer, config, experts, x, lengths, "")
    (clean,) = call(layers, [x, lengths])
    x[0, 4, 3] = value
    x[0, 4, 4] = -value
    (got,) = call(layers, [x, lengths])
    np.testing.assert_array_equal(got[1], clean[1])
    assert np.isnan(got[0, :9]).all()


@pytest.mark.parametrize("isa", ISAS)
def test_embedding(isa: str) -> None:
    rng = np.random.default_rng(0)
    width, rows = 80, 50
    table = rng.normal(size=(rows, width)).astype(np.float32)
    table[7] = 0
    q, scale = reference.quantize_weight(table)
    positions, shift = (rng.normal(size=(n, width)).astype(np.float32) for n in (12, 3))
    gamma, beta = (rng.normal(size=width).astype(np.float32) for _ in range(2))
    ids = rng.integers(0, rows, (3, 9))
    ids[0, 0], ids[1, 1], ids[2, 2] = 7, 0, rows - 1
    x = torch.from_numpy(reference.embedding(ids, table) + positions[:9] + shift[:, None])
    want = torch.nn.functional.layer_norm(x, (width,), torch.from_numpy(gamma), torch.from_numpy(beta), 1e-12)
    constant = [q, scale, positions, shift, gamma, beta]
    (got,) = call(session("Embedding", [ids], constant, isa=isa), [ids])
    np.testing.assert_allclose(got, array(want), rtol=0, atol=1e-5)
