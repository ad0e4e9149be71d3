from __future__ import annotations

import dataclasses

import pytest
import torch

from training.model.config import DualConfig
from training.model.dual import DualBranch

SMALL = DualConfig(
    vocabulary=50, width=24, heads=4, ffn=32, positions=96, fast_layers=2, deep_layers=4, features=5, character_width=6,
    character_channels=8, prototypes_learned=8, prototype_width=12, experts=4, pooling_scales=(1, 4, 16),
)  # fmt: skip


def small(**switches: object) -> DualBranch:
    """A small model in evaluation mode whose every part says something."""
    torch.manual_seed(3)
    model = DualBranch(dataclasses.replace(SMALL, **switches))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() and not parameter.any():  # parts that begin at zero
                parameter.normal_(std=0.1)
    if model.config.characters:
        table = torch.randint(1, 500, (50, 20)) * (torch.arange(20) < torch.randint(1, 9, (50, 1)))
        table[:3] = 0
        model.embedding.piece_characters.copy_(table)
        if model.deep_embedding is not None:
            model.deep_embedding.piece_characters.copy_(table)
    return model.eval()


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids [3, 21] of texts of 21, 9 and 2 tokens, their mask, and detector features [3, 5]."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 50, (3, 21), generator=generator)
    lengths = torch.tensor([21, 9, 2])
    mask = torch.arange(21) < lengths[:, None]
    return ids.masked_fill(~mask, 1), mask, torch.rand(3, 5, generator=generator)
