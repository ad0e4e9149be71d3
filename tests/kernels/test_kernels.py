"""Each kernel on each instruction set against NumPy: integers exactly, floats within a named budget."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ops.attention import attend
from tests.ops.graphs import ISAS, Floats, Map, run
from training.quantization import reference

#: Largest error of x · Φ(x) where |x| <= 6, and relative to |x| beyond.
GELU_BUDGET = 5e-7
#: Largest error of attention's output relative to the largest |v|: q, k and the softmax's powers are integers of 13 bits,
#: v has at least 10 up to 512 tokens. On average it is a tenth of that.
ATTENTION_BUDGET = 5e-3
#: The same beside the integer reference: a power next to a tie becomes its neighbour.
ATTENTION_TIE_BUDGET = 2e-4
#: Largest error of LayerNorm relative to the largest output, and per unit of a row's conditioning: a mean that is much
#: larger than the deviation takes digits away in float32, whoever computes it.
NORM_BUDGET = 1e-5
NORM_CONDITION_BUDGET = 2e-7

ROWS = (1, 2, 5, 7, 12, 13, 25, 49)
WIDTHS = (16, 48, 384, 1536)
each_isa = pytest.mark.parametrize("isa", ISAS)


def rows(count: int, width: int, seed: int) -> Floats:
    """Rows of different scales and offsets, zeros and one-sided rows among them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width)) * 10.0 ** rng.uniform(-6, 6, (count, 1)) + rng.normal(size=(count, 1))
    x[rng.random(count) < 0.1] = 0
    one_sided = rng.random(count) < 0.2
    x[one_sided] = np.abs(x[one_sided])
    return x.astype(np.float32)


@each_isa
@pytest.mark.parametrize("width", WIDTHS)
def test_quantize_is_the_references_to_the_bit(width: int, isa: str) -> None:
    for count in ROWS:
        x = rows(count, width, seed=count)
        got = run("Quantize", [x], outputs=3, isa=isa)
        for mine, want in zip(got, reference.quantize_asymmetric(x, x.min(1), x.max(1)), strict=True):
            np.testing.assert_array_equal(mine, want)


@each_isa
def test_quantize_of_ranges_at_the_edge(isa: str) -> None:
    x = np.zeros((7, 16), np.float32)
    x[1, 3], x[2, 3], x[3, 3], x[4, 3] = 1e-30, 2e-30, -3e38, 1e-44
    x[5] = 5.0
    x[6, :2] = 1.0, 127.5 / 255  # a tie, which goes to the even neighbour
    got = run("Quantize", [x], outputs=3, isa=isa)
    for mine, want in zip(got, reference.quantize_asymmetric(x, x.min(1), x.max(1)), strict=True):
        np.testing.assert_array_equal(mine, want)


@each_isa
@pytest.mark.parametrize("values", [(np.nan, 0), (np.inf, 0), (0, -np.inf), (3e38, -3e38)])
def test_a_row_without_a_finite_range_has_no_scale(values: tuple[float, float], isa: str) -> None:
    x = rows(3, 48, seed=0)
    x[1, 17], x[1, 40] = values
    q, scale, zero = run("Quantize", [x], outputs=3, isa=isa)
    assert np.isnan(scale[1]) and zero[1] == 0 and not q[1].any()
    assert np.isfinite(scale[[0, 2]]).all()


@each_isa
@pytest.mark.parametrize(("outputs", "inputs"), [(16, 16), (48, 32), (112, 80), (384, 1536), (1152, 384)])
def test_linear_is_the_references_to_the_bit(outputs: int, inputs: int, isa: str) -> None:
    rng = np.random.default_rng(outputs)
    weight = rng.normal(size=(outputs, inputs)).astype(np.float32)
    weight[3] = 0
    m = Map(weight, rng.normal(size=outputs).astype(np.float32))
    for count in ROWS:
        x = rows(count, inputs, seed=count)
        (got,) = run("Linear", [x], m.inputs(), isa=isa)
        np.testing.assert_array_equal(got, reference.linear(x, m.weight, m.bias))


@each_isa
def test_linear_of_the_largest_integers(isa: str) -> None:
    """Where 16-bit sums of two products would saturate: inputs of 0 and 255, weights of -127 and 127."""
    signs = np.where(np.arange(32 * 64).reshape(32, 64) % 3 == 0, -1, 1).astype(np.float32)
    signs[0], signs[1] = 1, -1
    x = np.stack([np.ones(64), np.tile([0.0, 1.0], 32), -np.ones(64), np.tile([1.0, -1.0], 32)]).astype(np.float32)
    m = Map(signs, np.zeros(32, np.float32))
    (got,) = run("Linear", [x], m.inputs(), isa=isa)
    np.testing.assert_array_equal(got, reference.linear(x, m.weight, m.bias))


@each_isa
def test_gelu(isa: str) -> None:
    x = np.linspace(-12, 12, 16 * 3001, dtype=np.float32).reshape(-1, 16)
    x[0, :4] = -1e30, 1e30, -0.0, 1e-40
    q, scale, zero, got = run("GeluQuantize", [x], outputs=4, isa=isa)
    want = np.array([v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.astype(np.float64).ravel()]).reshape(x.shape)
    assert (np.abs(got - want) <= GELU_BUDGET * np.maximum(1, np.abs(x) / 6)).all()
    for mine, of_reference in zip(
        (q, scale, zero), reference.quantize_asymmetric(got, got.min(1), got.max(1)), strict=True
    ):
        np.testing.assert_array_equal(mine, of_reference)


@each_isa
@pytest.mark.parametrize("size", [1, 10, 16, 32, 48, 64])
def test_attention(size: int, isa: str) -> None:
    for tokens in (1, 2, 15, 16, 17, 45, 130, 512):
        rng = np.random.default_rng(tokens)
        qkv = rng.normal(size=(tokens, 3, size)).astype(np.float32)
        qkv[:, :2] *= 3  # some rows look at one token almost alone
        (got,) = run("HeadAttention", [qkv], isa=isa)
        q, k, v = qkv.astype(np.float64).transpose(1, 0, 2)
        scores = q @ k.T / math.sqrt(size)
        p = np.exp(scores - scores.max(1, keepdims=True))
        error = np.abs(got - p @ v / p.sum(1, keepdims=True)) / np.abs(v).max()
        assert error.max() < ATTENTION_BUDGET
        assert error.mean() < ATTENTION_BUDGET / 8
        assert np.abs(got - attend(*qkv.transpose(1, 0, 2))).max() < ATTENTION_TIE_BUDGET * np.abs(v).max()


@each_isa
def test_attention_of_scores_far_apart(isa: str) -> None:
    qkv = np.ones((20, 3, 16), np.float32)
    qkv[:, 0] = 100
    qkv[:, 1] = np.arange(20, dtype=np.float32)[:, None]
    qkv[:, 2] = np.arange(20, dtype=np.float32)[:, None]
    (got,) = run("HeadAttention", [qkv], isa=isa)
    np.testing.assert_allclose(got, np.full((20, 16), 19, np.float32), rtol=1e-6)


@each_isa
def test_attention_of_the_largest_sums(isa: str) -> None:
    """All keys, values and queries at the ends of their ranges: sums come closest to 2^31, of either sign."""
    for tokens, size in ((512, 32), (16, 128), (2000, 16), (100, 256)):
        qkv = np.ones((tokens, 3, size), np.float32)
        qkv[:, 2] = -7
        (got,) = run("HeadAttention", [qkv], isa=isa)
        np.testing.assert_allclose(got, np.full((tokens, size), -7, np.float32), rtol=1e-6)
        qkv[::2, 1] = -3  # half of the keys are looked at by nobody
        qkv[::2, 2] = 5
        (got,) = run("HeadAttention", [qkv], isa=isa)
        assert np.abs(got + 7).max() < 0.1


@each_isa
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_attention_of_what_is_no_number(part: int, value: float, isa: str) -> None:
    qkv = np.ones((5, 3, 10), np.float32)
    qkv[3, part, 9] = value
    assert np.isnan(run("HeadAttention", [qkv], isa=isa)[0]).all()


@each_isa
def test_attention_of_zeros(isa: str) -> None:
    qkv = np.zeros((20, 3, 16), np.float32)
    assert not run("HeadAttention", [qkv], isa=isa)[0].any()
    qkv[:, 2] = np.arange(20, dtype=np.float32)[:, None]
    np.testing.assert_allclose(run("HeadAttention", [qkv], isa=isa)[0], 9.5, rtol=1e-3)


@each_isa
def test_add_norm(isa: str) -> None:
    for width in WIDTHS:
        rng = np.random.default_rng(width)
        x, residual = rows(9, width, seed=1), rows(9, width, seed=2)
        x[0] = residual[0] = 0
        gamma, beta = (rng.normal(size=width).astype(np.float32) for _ in range(2))
        (got,) = run("AddNorm", [x, residual, gamma, beta], isa=isa)
        total = (x + residual).astype(np.float64)
        centred = total - total.mean(1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(1, keepdims=True) + 1e-12)
        want = centred / deviation * gamma + beta
        condition = np.abs(total).max(1, keepdims=True) / deviation * np.abs(want - beta + gamma).max(1, keepdims=True)
        budget = NORM_BUDGET * np.abs(want).max() + NORM_CONDITION_BUDGET * condition
        assert (np.abs(got - want) < budget).all()


@pytest.mark.skipif(len(ISAS) < 3, reason="one instruction set with fused multiply-add at most")
def test_fused_instruction_sets_agree_bit_for_bit() -> None:
    x = rows(13, 48, seed=3)
    qkv = np.random.default_rng(4).normal(size=(37, 3, 32)).astype(np.float32)
    for op, inputs, outputs in (("GeluQuantize", [x], 4), ("HeadAttention", [qkv], 1)):
        results = [run(op, inputs, outputs=outputs, isa=isa) for isa in ISAS if isa != "portable"]
        for other in results[1:]:
            for a, b in zip(results[0], other, strict=True):
                np.testing.assert_array_equal(a, b)
