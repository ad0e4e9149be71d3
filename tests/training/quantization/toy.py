"""A tiny classifier whose layers have the traits that make quantization hard: outlier columns and channels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, FFN = 48, 64


class ToyLayer(nn.Module):
    """Each token and the text's mean, then a feed-forward part."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.norm1 = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.up, self.down, self.norm2 = nn.Linear(WIDTH, FFN), nn.Linear(FFN, WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        x = self.norm1(x + (self.mix(x) * keep).sum(1, keepdim=True) / keep.sum(1, keepdim=True))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Toy(nn.Module):
    """ids and mask int64 [B, T] → logits [B, 3]."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(60, WIDTH), nn.Embedding(24, WIDTH)
        self.layers = nn.ModuleList(ToyLayer() for _ in range(2))
        self.hidden, self.logits = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x, keep = self.tokens(ids) + self.positions.weight[: ids.shape[1]], mask.unsqueeze(-1).float()
        for layer in self.layers:
            x = layer(x, keep)
        pooled = torch.cat([x[:, 0], (x * keep).sum(1) / keep.sum(1)], -1)
        return self.logits(F.gelu(self.hidden(pooled)))


def toy_model(seed: int = 0) -> Toy:
    torch.manual_seed(seed)
    model = Toy()
    with torch.no_grad():
        for layer in model.layers:
            layer.norm1.weight[3] = 8.0
            layer.down.weight[5] *= 6
    return model.eval()


def toy_batch(seed: int = 1) -> tuple[Tensor, Tensor]:
    """ids and mask, int64 [6, 12], the last texts padded."""
    ids = torch.randint(4, 60, (6, 12), generator=torch.Generator().manual_seed(seed))
    mask = torch.ones_like(ids)
    mask[4:, 8:] = 0
    return torch.where(mask == 1, ids, 1), mask
