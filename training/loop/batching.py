"""Rows of like length together: a batch is padded to its longest row, and padding is work for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def of_like_length(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Numbers of rows [B] of these lengths, int64 [n], shortest first: as many together as make `batch_tokens` tokens
    with their padding, and at least one."""
    order = np.argsort(lengths, kind="stable")
    at = 0
    while at < len(order):
        n = 1
        while at + n < len(order) and (n + 1) * lengths[order[at + n]] <= batch_tokens:
            n += 1
        yield order[at : at + n]
        at += n
