"""INT8 values rounded to 16 even levels per group, between the two ends that fit the group best.

A level is lowest + (span · 17 · b + 128) >> 8 for b from 0 to 15 (see `tinyguard.fourbit`). The ends start at a group's
extremes and are then fitted by least squares to the values that chose each level, which clips what stands alone: the
alternation of Lloyd (1982, "Least squares quantization in PCM") with a line instead of free levels. Levels that are not
even, fitted to a whole tensor, were tried and gained nothing. Shapes: G groups of g values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinyguard.fourbit import HALF, SHIFT, STEP

Integers = npt.NDArray[np.int16]
Choices = npt.NDArray[np.uint8]

ROUNDS = 4
_WHOLE = 1 << SHIFT
_LEAST = 1e-9


def levels(low: Integers, span: Integers, chosen: Choices) -> Integers:
    """int16 [G, g]: the values of choices 0 to 15 for ends int16 [G, 1]."""
    return (low + ((span.astype(np.int32) * STEP * chosen + HALF) >> SHIFT)).astype(np.int16)


def choose(values: Integers, low: Integers, span: Integers) -> Choices:
    """uint8 [G, g] of 0 to 15: the nearest level of each value."""
    place = (values - low) * (_WHOLE / STEP / np.maximum(span, 1))
    return place.round().clip(0, 15).astype(np.uint8)


def fit(values: Integers) -> tuple[Choices, Integers, Integers]:
    """Of values int16 [G, g] of −128 to 127: choices uint8 [G, g], lowest values and spans int16 [G, 1]."""
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    span = np.minimum(high - low + 1, 255).astype(np.int16)  # the highest level is 255/256 of it above the lowest
    chosen = choose(values, low, span)
    best = chosen, low, span
    least = _error(values, *best)
    mean_v = values.mean(1, keepdims=True)
    for _ in range(ROUNDS):
        mean_x = chosen.mean(1, keepdims=True)
        x = chosen - mean_x
        slope = (x * values).sum(1, keepdims=True) / ((x**2).sum(1, keepdims=True) + _LEAST)
        low = (mean_v - slope * mean_x).round().clip(-128, 127).astype(np.int16)
        span = np.minimum((slope * (_WHOLE / STEP)).round().clip(0, 255), 127 - low).astype(np.int16)
        chosen = choose(values, low, span)
        error = _error(values, chosen, low, span)
        better = error < least
        least = np.where(better, error, least)
        best = (np.where(better, chosen, best[0]), np.where(better, low, best[1]), np.where(better, span, best[2]))
    return best


def _error(values: Integers, chosen: Choices, low: Integers, span: Integers) -> npt.NDArray[np.float32]:
    return ((values - levels(low, span, chosen)).astype(np.float32) ** 2).sum(1, keepdims=True)
