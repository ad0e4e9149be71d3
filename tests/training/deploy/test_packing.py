from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.deploy.packing import dequantize, pack, quantize, unpack


@given(st.lists(st.integers(1, 3), max_size=2), st.integers(1, 4), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_unpacking_gives_the_matrix_back(lead: list[int], blocks: int, groups: int) -> None:
    weight = torch.randint(-127, 128, (*lead, 16 * blocks, 4 * groups), dtype=torch.int8)
    packed = pack(weight)
    assert packed.shape == (*lead, blocks, groups, 16, 4)
    assert packed.is_contiguous()
    assert torch.equal(unpack(packed), weight)


def test_64_bytes_are_16_outputs_of_4_inputs() -> None:
    weight = torch.arange(32 * 8).reshape(32, 8)
    packed = pack(weight)
    for output in (0, 5, 15, 16, 31):
        for column in (0, 3, 4, 7):
            assert packed[output // 16, column // 4, output % 16, column % 4] == weight[output, column]
    flat = packed.flatten()
    assert flat[:8].tolist() == [0, 1, 2, 3, 8, 9, 10, 11]


@pytest.mark.parametrize("shape", [(15, 4), (16, 6), (2, 8, 8)])
def test_a_shape_that_does_not_divide_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be packed"):
        pack(torch.zeros(shape))


@pytest.mark.parametrize("lead", [(), (3,)])
def test_quantized_weights_are_near_and_carry_their_sums(lead: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    weight, bias = torch.randn(*lead, 32, 12), torch.randn(*lead, 32)
    linear = quantize(weight, bias)
    assert (linear.weight.dtype, linear.scale.shape) == (torch.int8, bias.shape)
    assert torch.equal(linear.bias, bias)
    assert torch.equal(linear.sums, unpack(linear.weight).int().sum(-1))
    step = weight.abs().amax(-1, keepdim=True) / 127
    assert ((dequantize(linear) - weight).abs() <= 0.5001 * step).all()
