"""INT8 weights in the one layout that the native kernels read.

A matrix of N outputs × K inputs is stored as [N/16, K/4, 16, 4]: 64 bytes are 16 outputs of 4 inputs each, what one
`vpdpbusd` takes. Scales, rounding and the row sums that go with the zero points are those of `quantization.reference`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from training.quantization.scheme import symmetric

OUTPUTS, INPUTS = 16, 4


class PackedLinear(NamedTuple):
    """A quantized linear map, in the order in which the operators take it. Leading dimensions (experts) stay."""

    weight: Tensor  # int8 [..., N/16, K/4, 16, 4]
    scale: Tensor  # float32 [..., N]
    bias: Tensor  # float32 [..., N]
    sums: Tensor  # int32 [..., N], of the weights over K


def pack(weight: Tensor) -> Tensor:
    """[..., N, K] → [..., N/16, K/4, 16, 4]. Raises ValueError where the shape does not divide."""
    *lead, n, k = weight.shape
    if n % OUTPUTS or k % INPUTS:
        raise ValueError(f"a matrix of {n} × {k} cannot be packed: {OUTPUTS} outputs and {INPUTS} inputs go together")
    blocks = weight.reshape(*lead, n // OUTPUTS, OUTPUTS, k // INPUTS, INPUTS)
    return blocks.transpose(-3, -2).contiguous()


def unpack(packed: Tensor) -> Tensor:
    """The inverse of `pack`; traceable, so that a graph can do it as well."""
    *lead, rows, columns, outputs, inputs = packed.shape
    return packed.transpose(-3, -2).reshape(*lead, rows * outputs, columns * inputs)


@torch.no_grad()
def quantize(weight: Tensor, bias: Tensor) -> PackedLinear:
    """float32 [..., N, K] and [..., N] → INT8 with a scale per output."""
    q, scale = symmetric(weight)
    integers = q.to(torch.int8)
    sums = integers.to(torch.int32).sum(-1, dtype=torch.int32)
    return PackedLinear(pack(integers), scale.squeeze(-1).float(), bias.detach().float().clone(), sums)


def dequantize(linear: PackedLinear) -> Tensor:
    """float32 [..., N, K]: the weights that the integers stand for."""
    return unpack(linear.weight).float() * linear.scale.unsqueeze(-1)
