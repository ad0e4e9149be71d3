"""Evidence by heart: what single tokens, pairs and triples of neighbours say, added to what the layers conclude.

A linear model over hashed n-grams (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; how
far bigrams alone go: Wang and Manning 2012, "Baselines and bigrams"). The layers generalize from wording, and forget
rare phrases that are telling; this remembers them. It is fitted on its own (`training.ngrams`), so that its mistakes
are others than the layers' mistakes, and costs less than a hundredth of a layer. Shapes: B texts, T tokens, N = 3
sizes of n-grams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Integers = TypeVar("Integers", np.ndarray, Tensor)

#: 2^31 − 1; every product of a token and a multiplier stays below 2^48, so that int64 never overflows.
PRIME = 2147483647
#: By size of n-gram, a factor for each of its tokens.
FACTORS = ((1000003,), (998244353, 1220703125), (433494437, 1073676287, 715827883))

#: Evidence up to here counts as none; an ordinary text has about as much. Below it n-grams would speak for a text,
#: and ordinary prose around an attack would hide it.
FLOOR = 1.0


def bucket(tokens: Sequence[Integers], size: int) -> Integers:
    """int64 in [0, size): the bucket of n-grams that are given place by place, int64 arrays of one shape."""
    factors = FACTORS[len(tokens) - 1]
    mixed = sum((token + 1) * factor for token, factor in zip(tokens, factors, strict=True)) + len(tokens)
    return mixed % PRIME % size  # type: ignore[return-value]


def evidence(ids: Tensor, lengths: Tensor, table: Tensor, scale: Tensor) -> Tensor:
    """Log-odds of an attack [B, 1] in share: the sum of the weights of every distinct n-gram, times `scale`, over the
    root of their number. The weights are integers, so that a sum of them is exact and hangs on no order or padding.

    ids int64 [B, T], special tokens at both ends of each text; lengths int64 [B]; table int8 [size]; scale float32 [1]
    """
    ahead = F.pad(ids, (0, len(FACTORS) - 1))
    runs = [ahead[:, n : n + ids.shape[1]] for n in range(len(FACTORS))]
    place = torch.ones_like(ids).cumsum(1) - 1
    last = lengths.unsqueeze(1) - 2
    real = torch.stack([(place > 0) & (place + n <= last) for n in range(len(FACTORS))], 1)
    found = torch.stack([bucket(runs[: n + 1], len(table)) for n in range(len(FACTORS))], 1)
    found = torch.where(real, found, -1)
    again = found.unsqueeze(-1) == found.unsqueeze(-2)
    # Of equal n-grams the first counts: argmax is the first of the greatest.
    counted = (real & (again.to(torch.uint8).argmax(-1) == place.unsqueeze(1))).float()
    total = (table[found.clamp(min=0)].float() * counted).sum((1, 2))
    return (scale * total / counted.sum((1, 2)).clamp(min=1.0).sqrt()).unsqueeze(1)


class Ngrams(nn.Module):
    """A table of weights, and what it says of texts."""

    table: Tensor
    scale: Tensor

    def __init__(self, table: Tensor, scale: float):
        """table int8 [size], the weight of each bucket over `scale`."""
        super().__init__()
        self.register_buffer("table", table)
        self.register_buffer("scale", torch.tensor([scale]))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids int64 [B, T], lengths int64 [B] → [B, 1], as `evidence`."""
        return evidence(ids, lengths, self.table, self.scale)
