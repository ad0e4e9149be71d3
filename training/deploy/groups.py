"""INT8 values rounded to 16 levels per group: the best ends of each group, and codes that fit a tensor's groups.

A level is lowest + (span · code + 128) >> 8 (see `tinyguard.fourbit`). Ends start at a group's extremes and are then
fitted by least squares to the values that chose each code, which clips what stands alone: the alternation of Lloyd (1982,
"Least squares quantization in PCM") with an affine map instead of free levels. The codes are 16 free levels of Lloyd's for
all groups of a tensor, once their ends are taken off. Shapes: G groups of g values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int16]

EVEN = np.linspace(0, 255, 16).round().astype(np.uint8)
ROUNDS = 4
#: Groups that codes are fitted to; more change them no further.
SAMPLE = 20_000
_LEAST = 1e-9


def nearest(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """uint8[256]: for every place between a group's ends, which of the 16 codes is nearest."""
    return np.abs(np.arange(256)[:, None] - codes.astype(np.int16)).argmin(1).astype(np.uint8)


def levels(low: Integers, span: Integers, codes: npt.NDArray[np.uint8]) -> Integers:
    """int16, what `tinyguard.fourbit` makes of codes uint8 with ends of shapes that broadcast against them."""
    return (low + ((span.astype(np.int32) * codes + 128) >> 8)).astype(np.int16)


def choose(
    values: Integers, low: Integers, span: Integers, codes: npt.NDArray[np.uint8], lookup: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """uint8 [G, g] of 0 to 15: the code for each of values int16 [G, g], by ends int16 [G, 1]."""
    place = (values - low) * (256.0 / np.maximum(span, 1))
    return lookup[place.clip(0, 255).round().astype(np.uint8)]  # type: ignore[no-any-return]


def fit(values: Integers, codes: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Integers, Integers]:
    """Choices uint8 [G, g], lowest values int16 [G, 1] and spans int16 [G, 1] of little squared error."""
    lookup, places = nearest(codes), codes / 256
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    span = np.minimum(high - low + 1, 255).astype(np.int16)  # the last code stands for 255/256 of it
    best = choose(values, low, span, codes, lookup)
    least = _error(values, low, span, codes[best])
    best_low, best_span, chosen = low, span, best
    for _ in range(ROUNDS):
        c = places[chosen]
        mean_c, mean_v = c.mean(1, keepdims=True), values.mean(1, keepdims=True)
        slope = ((c - mean_c) * values).sum(1, keepdims=True) / (((c - mean_c) ** 2).sum(1, keepdims=True) + _LEAST)
        low = (mean_v - slope * mean_c).round().clip(-128, 127).astype(np.int16)
        span = np.minimum(slope.round().clip(0, 255), 127 - low).astype(np.int16)
        chosen = choose(values, low, span, codes, lookup)
        error = _error(values, low, span, codes[chosen])
        better = error < least
        least = np.where(better, error, least)
        best = np.where(better, chosen, best)
        best_low, best_span = np.where(better, low, best_low), np.where(better, span, best_span)
    return best, best_low, best_span


def _error(values: Integers, low: Integers, span: Integers, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return ((values - levels(low, span, codes)).astype(np.float32) ** 2).sum(1, keepdims=True)


def fit_codes(values: Integers, rounds: int = 6) -> npt.NDArray[np.uint8]:
    """uint8[16], rising: codes for groups int16 [G, g], from a sample of them."""
    values = values[:: max(1, len(values) // SAMPLE)]
    codes = EVEN
    for _ in range(rounds):
        chosen, low, span = fit(values, codes)
        # A value's pull on its code: in units of its group's span, weighted by what the span makes of an error.
        weight = np.broadcast_to(span.astype(np.float64) ** 2, values.shape).ravel()
        place = ((values - low) * (256.0 / np.maximum(span, 1))).clip(0, 255).ravel()
        total = np.bincount(chosen.ravel(), weight, 16)
        centre = np.bincount(chosen.ravel(), weight * place, 16) / np.maximum(total, _LEAST)
        codes = np.sort(np.where(total > 0, centre, codes).round()).astype(np.uint8)
    return codes
