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

#: Tokens that are heard together, and from one such run to the next. In a run the words of an attack are not
#: outnumbered by what stands around it, and prose elsewhere says nothing in its favour.
RUN, STEP = 64, 32


def bucket(tokens: Sequence[Integers], size: int) -> Integers:
    """int64 in [0, size): the bucket of n-grams that are given place by place, int64 arrays of one shape."""
    factors = FACTORS[len(tokens) - 1]
    mixed = sum((token + 1) * factor for token, factor in zip(tokens, factors, strict=True)) + len(tokens)
    return mixed % PRIME % size  # type: ignore[return-value]


def evidence(ids: Tensor, lengths: Tensor, table: Tensor, scale: Tensor) -> Tensor:
    """Log-odds of an attack [B, 1] in share: those of the text's run of RUN tokens that speaks loudest, where a run's
    are the sum of the weights of its distinct n-grams, times `scale`, over the root of their number. A run begins every
    STEP tokens until one reaches the end. The weights are integers, so that a sum of them is exact and hangs on no
    order or padding.

    ids int64 [B, T], special tokens at both ends of each text; lengths int64 [B]; table int8 [size]; scale float32 [1]
    """
    begins = (torch.ones_like(ids[:1]).cumsum(1) - 1)[:, ::STEP]
    reach = torch.arange(RUN + len(FACTORS) - 1)
    places = (begins.reshape(-1, 1) + reach + 1).flatten()
    runs = F.pad(ids, (0, RUN + len(FACTORS)))[:, places].reshape(ids.shape[0], -1, len(reach))
    inside = lengths.unsqueeze(1) - 2
    left = (inside - begins).clamp(max=RUN).unsqueeze(2)  # [B, R, 1]: tokens of each run
    found, counted = [], []
    for n in range(len(FACTORS)):
        at = bucket([runs[:, :, i : i + RUN] for i in range(n + 1)], len(table))
        at = torch.where(reach[:RUN] + n < left, at, -1)
        # Of equal n-grams the first counts: argmax is the first of the greatest.
        first = (at.unsqueeze(-1) == at.unsqueeze(-2)).to(torch.uint8).argmax(-1) == reach[:RUN]
        found.append(at)
        counted.append(((at >= 0) & first).float())
    total = sum((table[at.clamp(min=0)].float() * once).sum(2) for at, once in zip(found, counted, strict=True))
    number = sum(once.sum(2) for once in counted)
    said = scale * total / number.clamp(min=1.0).sqrt()  # type: ignore[union-attr]
    heard = (begins == 0) | (begins + RUN - STEP < inside)  # the run before does not reach the end
    return torch.where(heard, said, said[:, :1]).amax(1, keepdim=True)


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
