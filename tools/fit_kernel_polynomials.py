"""Fit the two polynomials of csrc/kernels/generic/vector_math.inc and print them with their largest errors.

Both are weighted minimax fits, found by reweighted least squares on a dense grid (Lawson 1961).
- 2^r on [-1/2, 1/2], relative error, with 2^0 exactly 1.
- log2(erfc(t / sqrt 2) / 2) on [0, 6]: GELU(x) = max(x, 0) - t · 2^q(t) with t = min(|x|, 6); absolute error of GELU.

    python tools/fit_kernel_polynomials.py
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def minimax(basis: Array, target: Array, weight: Array, rounds: int = 400) -> Array:
    """Coefficients c that make max |weight · (basis @ c - target)| about as small as it can be."""
    lawson = np.ones(len(target))
    for _ in range(rounds):
        root = np.sqrt(lawson) * weight
        c = np.linalg.lstsq(basis * root[:, None], target * root, rcond=None)[0]
        lawson *= np.abs(weight * (basis @ c - target)) ** 0.5 + 1e-30
        lawson /= lawson.sum()
    return np.asarray(c)


def horner(c: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The polynomial in float32, one rounding per step, as with fused multiply-add."""
    y = np.full_like(x, c[-1])
    for a in c[-2::-1]:
        y = (y.astype(np.float64) * x + a).astype(np.float32)
    return y


def main() -> None:
    r = np.linspace(-0.5, 0.5, 20001)
    two = np.concatenate([[1.0], minimax(r[:, None] ** np.arange(1, 6), np.exp2(r) - 1, np.exp2(-r))]).astype(
        np.float32
    )
    error = np.abs(horner(two, r.astype(np.float32)) / np.exp2(r.astype(np.float32).astype(np.float64)) - 1).max()
    print("exp2:", ", ".join(f"{x:.9g}f" for x in two), f"  largest relative error {error:.2g}")
    t = np.linspace(0, 6, 6001)
    tail = np.array([math.erfc(x / math.sqrt(2)) / 2 for x in t])
    for degree in (6, 7, 8, 9):
        basis = (t[:, None] / 6) ** np.arange(1, degree + 1)
        # The weight is the slope of t · 2^q in q; the floor keeps the far end, where it vanishes, from running off.
        c = minimax(basis, np.log2(tail) + 1, np.maximum(t * tail, 1e-9)) / 6.0 ** np.arange(1, degree + 1)
        q = np.concatenate([[-1.0], c]).astype(np.float32)
        x = t.astype(np.float32)
        error = np.abs(x * np.exp2(horner(q, x).astype(np.float64)) - t * tail).max()
        print(f"gelu, degree {degree}:", ", ".join(f"{v:.9g}f" for v in q), f"  largest error {error:.2g}")


if __name__ == "__main__":
    main()
