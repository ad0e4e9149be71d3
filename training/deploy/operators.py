"""The package's own operators as PyTorch sees them: what they compute, and how they are written into an ONNX graph.

Each has two forms. `native=True` writes one node of the domain `tinyguard`, which the custom-op library computes with
INT8 products. `native=False` writes what it stands for in standard operators: the same INT8 weights, but activations
in float, for machines without the library and as the reference that decisions are compared with.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.deploy.packing import PackedLinear, dequantize, quantize
from training.model.experts import Experts
from training.model.layer import Layer

EPSILON = 1e-12


def like_hidden(g: Any, name: str, inputs: list[Any], width: int, **attributes: int) -> Any:
    """A node of the domain whose result is float32 [batch, tokens, width]."""
    kind = torch._C.TensorType.get().with_dtype(torch.float32).with_sizes([None, None, width])
    return g.op(f"tinyguard::{name}", *inputs, **attributes).setType(kind)


class EmbeddingOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, ids: Any, table: Any, *rest: Any) -> Any:
        return like_hidden(g, "Embedding", [ids, table, *rest], table.type().sizes()[1])

    @staticmethod
    def forward(ctx: Any, *inputs: Tensor) -> Tensor:
        return embed(*inputs)


class DenseLayerOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, heads: int, x: Any, lengths: Any, *weights: Any) -> Any:
        return like_hidden(g, "DenseLayer", [x, lengths, *weights], weights[8].type().sizes()[0], heads_i=heads)

    @staticmethod
    def forward(ctx: Any, heads: int, x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
        return dense_layer(heads, x, lengths, *weights)


class ExpertLayerOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, heads: int, per_token: int, x: Any, lengths: Any, *weights: Any) -> Any:
        width = weights[8].type().sizes()[0]
        more = {"heads_i": heads, "experts_per_token_i": per_token}
        return like_hidden(g, "ExpertLayer", [x, lengths, *weights], width, **more)

    @staticmethod
    def forward(ctx: Any, heads: int, per_token: int, x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
        return expert_layer(heads, per_token, x, lengths, *weights)


def embed(
    ids: Tensor, table: Tensor, scale: Tensor, positions: Tensor, shift: Tensor, gamma: Tensor, beta: Tensor
) -> Tensor:
    """ids int64 [B, T], table int8 [V, D], scale [V], positions [P, D], shift [B, D] → [B, T, D]."""
    x = table[ids].float() * scale[ids].unsqueeze(-1) + positions[: ids.shape[1]] + shift.unsqueeze(1)
    return F.layer_norm(x, gamma.shape, gamma, beta, EPSILON)


def present(lengths: Tensor, tokens: int | Tensor) -> Tensor:
    """bool [B, T]: the real tokens, which stand first. (`arange` would bake the length into a traced graph.)"""
    return torch.ones(lengths.shape[0], tokens, dtype=torch.int64).cumsum(1) <= lengths.unsqueeze(1)  # type: ignore[arg-type]


def apply(linear: PackedLinear, x: Tensor) -> Tensor:
    return F.linear(x, dequantize(linear), linear.bias)


def attention(heads: int, x: Tensor, lengths: Tensor, weights: tuple[Tensor, ...]) -> Tensor:
    """Self-attention, residual and LayerNorm; weights: qkv (4), out (4), gamma, beta."""
    b, t, d = x.shape
    # Reshape and transpose one by one: a five-dimensional permutation of views confuses shape inference.
    together = apply(PackedLinear(*weights[:4]), x)
    q, k, v = (part.reshape(b, t, heads, d // heads).transpose(1, 2) for part in together.split(d, -1))
    scores = q @ k.transpose(-1, -2) * (d // heads) ** -0.5
    absent = ~present(lengths, t)[:, None, None, :]
    mixed = scores.masked_fill(absent, -1e4).softmax(-1) @ v
    y = x + apply(PackedLinear(*weights[4:8]), mixed.transpose(1, 2).reshape(b, t, d))
    return F.layer_norm(y, weights[8].shape, weights[8], weights[9], EPSILON)


def dense_layer(heads: int, x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
    """x [B, T, D], lengths int64 [B] → [B, T, D]; weights: qkv, out, norm, up, down, norm."""
    x = attention(heads, x, lengths, weights[:10])
    up, down = PackedLinear(*weights[10:14]), PackedLinear(*weights[14:18])
    return F.layer_norm(x + apply(down, F.gelu(apply(up, x))), weights[18].shape, weights[18], weights[19], EPSILON)


def expert_layer(heads: int, per_token: int, x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
    """As `dense_layer` with weights qkv, out, norm, gate [E, D], up and down of every expert, norm.

    Every expert is asked about every token here and the chosen ones are summed, which standard operators can say.
    """
    x = attention(heads, x, lengths, weights[:10])
    gate, up, down = weights[10], PackedLinear(*weights[11:15]), PackedLinear(*weights[15:19])
    share, chosen = F.linear(x, gate).softmax(-1).topk(per_token, dim=-1)
    share = share / share.sum(-1, keepdim=True)
    fed = torch.zeros_like(x)
    for index in range(gate.shape[0]):
        mine = (share * (chosen == index)).sum(-1, keepdim=True)
        hidden = F.gelu(apply(PackedLinear(*(part[index] for part in up)), x))
        fed = fed + mine * apply(PackedLinear(*(part[index] for part in down)), hidden)
    return F.layer_norm(x + fed, weights[19].shape, weights[19], weights[20], EPSILON)


class DeployedLayer(nn.Module):
    """A layer of the model with its weights as the operators take them."""

    def __init__(self, layer: Layer, native: bool):
        super().__init__()
        self.native, self.heads = native, layer.attention.heads
        attention, feed = layer.attention, layer.feed
        parts: list[Tensor] = []
        for linear in (attention.qkv, attention.out):
            parts += quantize(linear.weight, linear.bias)
        parts += [attention.norm.weight, attention.norm.bias]
        self.per_token = 0
        if isinstance(feed, Experts):
            self.per_token = feed.per_token
            parts += [feed.gate.weight, *quantize(feed.up, feed.up_bias), *quantize(feed.down, feed.down_bias)]
        else:
            for linear in (feed.up, feed.down):
                parts += quantize(linear.weight, linear.bias)
        parts += [layer.norm.weight, layer.norm.bias]
        self.count = len(parts)
        for index, part in enumerate(parts):
            self.register_buffer(f"part{index:02}", part.detach())

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x [B, T, D], lengths int64 [B] → [B, T, D]."""
        weights = [self.get_buffer(f"part{index:02}") for index in range(self.count)]
        if self.per_token:
            if self.native:
                return ExpertLayerOp.apply(self.heads, self.per_token, x, lengths, *weights)
            return expert_layer(self.heads, self.per_token, x, lengths, *weights)
        if self.native:
            return DenseLayerOp.apply(self.heads, x, lengths, *weights)
        return dense_layer(self.heads, x, lengths, *weights)
