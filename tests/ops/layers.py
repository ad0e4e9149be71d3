"""PyTorch layers with fake-quantized weights, and the inputs that the same layer has as a custom op."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.ops.attention import attend_torch
from tests.ops.graphs import Floats, Map
from training.model.config import DualConfig
from training.model.experts import Experts
from training.model.layer import Layer
from training.quantization import fake, qat
from training.quantization.scheme import Int8Scheme


class FakeExperts(Experts):
    """Experts whose products are quantized; the gate is not."""

    def expert(self, index: int, x: Tensor) -> Tensor:
        hidden = F.gelu(fake.linear(x, self.up[index], self.up_bias[index], Int8Scheme()))
        return fake.linear(hidden, self.down[index], self.down_bias[index], Int8Scheme())


def make_layer(config: DualConfig, experts: bool, seed: int = 0) -> Layer:
    """A fake-quantized layer in evaluation mode with random weights, some of them outliers."""
    torch.manual_seed(seed)
    layer = Layer(config, experts).eval().requires_grad_(False)
    for parameter in layer.parameters():
        parameter.normal_(0.0, 0.08)
        parameter.view(-1)[:: max(1, parameter.numel() // 7)] *= 5
    for module in layer.modules():
        if isinstance(module, nn.LayerNorm):
            module.weight.add_(1.0)
    qat.enable(layer, qat.QatConfig(exclude=("*.gate",)))
    if experts:
        layer.feed.__class__ = FakeExperts
    return layer


def array(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().numpy(), np.float32)


def constants(layer: Layer) -> list[NDArray[Any]]:
    """Inputs of DenseLayer or ExpertLayer after x and lengths."""

    def linear(module: nn.Linear) -> list[NDArray[Any]]:
        return Map(array(module.weight), array(module.bias)).inputs()

    def norm(module: nn.LayerNorm) -> list[NDArray[Any]]:
        return [array(module.weight), array(module.bias)]

    attention, feed = layer.attention, layer.feed
    first = [*linear(attention.qkv), *linear(attention.out), *norm(attention.norm)]
    if isinstance(feed, Experts):
        up = Map(array(feed.up), array(feed.up_bias)).inputs()
        down = Map(array(feed.down), array(feed.down_bias)).inputs()
        return [*first, array(feed.gate.weight), *up, *down, *norm(layer.norm)]
    return [*first, *linear(feed.up), *linear(feed.down), *norm(layer.norm)]


def expected(layer: Layer, x: Floats, lengths: NDArray[np.int64]) -> Floats:
    """What PyTorch computes, [B, T, D], with attention in integers; padding is unspecified. Every text on its own."""
    result = np.zeros_like(x)
    with patch("training.model.layer.attend", attend_torch):
        for b, length in enumerate(lengths):
            if length:
                text = torch.from_numpy(x[b : b + 1, :length])
                result[b, :length] = array(layer(text, torch.ones(1, length, dtype=torch.bool), None)[0])[0]
    return result
