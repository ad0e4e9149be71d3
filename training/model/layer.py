"""Transformer layers of the base's form: post-LayerNorm, GELU, and a feed-forward part that may be a mixture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.model.config import DualConfig
from training.model.experts import Experts, Gating


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """Scaled dot-product attention of [B, H, T, D/H] with an additive bias [B, 1, 1, T] or None."""
    if q.is_cuda or q.dtype == torch.float32:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    # In 16 bits on a CPU, the fused kernel takes up to six times as long as its three steps (training/LOG.md).
    scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2))
    return torch.matmul((scores if bias is None else scores + bias).softmax(-1).to(v.dtype), v)


class Attention(nn.Module):
    """Multi-head self-attention with its residual and LayerNorm."""

    def __init__(self, config: DualConfig):
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """x [B, T, D], additive bias [B, 1, 1, T] or None → [B, T, D]."""
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = attend(q, k, v, bias)
        return self.norm(x + self.out(mixed.transpose(1, 2).reshape(b, t, d)))


class FeedForward(nn.Module):
    """Two linear maps with GELU between them."""

    def __init__(self, config: DualConfig):
        super().__init__()
        self.up = nn.Linear(config.width, config.ffn)
        self.down = nn.Linear(config.ffn, config.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))


class Layer(nn.Module):
    """Attention, then a feed-forward part: one for all tokens, or the experts that each token chooses."""

    def __init__(self, config: DualConfig, experts: bool = False):
        super().__init__()
        self.attention = Attention(config)
        self.feed: FeedForward | Experts = Experts(config) if experts else FeedForward(config)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor, bias: Tensor | None) -> tuple[Tensor, Gating | None]:
        """x [B, T, D], mask bool [B, T] of the real tokens, bias as in `Attention` → [B, T, D], the gating or None."""
        x = self.attention(x, bias)
        if isinstance(self.feed, Experts):
            fed, gating = self.feed(x, mask)
        else:
            fed, gating = self.feed(x), None
        return self.norm(x + fed), gating
