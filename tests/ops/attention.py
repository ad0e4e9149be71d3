"""Attention in integers, as the kernels are to compute it: an independent, slow reference in NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.ops.graphs import Floats

STEPS = 8191  # of a softmax's power in [0, 1]
FINEST = 4095  # largest integer of q, k and v
KEYS = 16  # keys are counted by these


def rounded(x: Floats, limit: int) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.float32]:
    """Whole numbers in ±limit, and their step in float32."""
    most = np.abs(x).max(initial=0)
    if most <= 1e-30:
        return np.zeros(x.shape), np.float32(0)
    return np.rint(x * (np.float32(limit) / most)).astype(np.float64), most / np.float32(limit)


def attend(q: Floats, k: Floats, v: Floats) -> Floats:
    """float32 [T, C] each → [T, C]. Sums are exact: float64 holds them."""
    tokens, size = q.shape
    limit = FINEST if size <= 128 else 1023
    keys = -(-tokens // KEYS) * KEYS
    (q, q_step), (k, k_step) = rounded(q, limit), rounded(k, limit)
    v, v_step = rounded(v, max(1, min(FINEST, (2**31 - 1) // (STEPS * keys))))
    for sums, bound in ((np.abs(q) @ np.abs(k).T, 2**31), (STEPS * np.abs(v).sum(0), 2**31)):
        assert sums.max(initial=0) < bound
    scores = (q @ k.T) * (float(q_step) * float(k_step) * math.log2(math.e) / math.sqrt(size))
    powers = np.rint(np.exp2(scores - scores.max(1, keepdims=True)) * STEPS)
    return (powers @ v / powers.sum(1, keepdims=True) * float(v_step)).astype(np.float32)


def attend_torch(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """In the place of `training.model.layer.attend`, for one text without padding: [1, H, T, C] each."""
    assert q.shape[0] == 1
    heads = [attend(*(part[0, head].numpy() for part in (q, k, v))) for head in range(q.shape[1])]
    return torch.from_numpy(np.stack(heads)[None])
