"""Fit the n-grams (`training.model.ngrams`) on a mixture: logistic regression by averaged stochastic gradient descent.

    python -m training.ngrams MIXTURE.npz OUT.npz

OUT has `table` int8 [buckets] and `scale` float32, for `training.package --ngrams`. First of a long row one window
counts, at the beginning or around its focus. Then the fit is made anew on the run of each row that speaks loudest, as
the model hears it: benign rows teach with what is most suspicious about them, attacks without their mere surroundings
(MI-SVM of Andrews, Tsochantaridis and Hofmann 2003, "Support vector machines for multiple-instance learning"). Rows
weigh as they are drawn for the network. The weights are clipped before they become integers: one n-gram must not
decide a text. The share was chosen on the development sets, with the network's log-odds beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from training.loop.sampler import Arrays
from training.model.ngrams import FACTORS, RUN, STEP, bucket

BUCKETS = 1 << 20
#: Tokens of a row that are looked at: a window of the guard without its special tokens.
WINDOW = 254
#: Tokens whose runs may stand for a row: so many from its beginning, or its focus and so many on either side.
READ, AROUND = 1024, 32
#: Of the fit: passes over the data, L2 penalty, most that a row may weigh over the mean.
PASSES, PENALTY, HEAVIEST = 5, 1e-6, 30.0
#: Largest weight of an n-gram (log-odds), and what their verdict is multiplied by before it is added to the network's.
CLIP, SHARE = 10.0, 0.5
#: Rows whose n-grams are sorted at a time, to stay in the cache.
CHUNK = 4096
#: Runs that are judged at a time.
RUNS = 1 << 17


def window_starts(data: Arrays) -> np.ndarray:
    """int64 [n]: where each row's window begins in the mixture's flat tokens."""
    first = np.concatenate([[0], data["ends"][:-1]])
    middle = first + data["focus"].sum(1) // 2 - WINDOW // 2
    around = np.clip(middle, first, np.maximum(first, data["ends"] - WINDOW))
    return np.where(data["focus"][:, 0] >= 0, around, first)


def counted(tokens: np.ndarray, starts: np.ndarray, ends: np.ndarray, buckets: int = BUCKETS) -> sparse.csr_matrix:
    """[n, buckets]: distinct n-grams of each size of rows tokens[start:end], each 1 over the root of their number."""
    chunks = (slice(at, at + CHUNK) for at in range(0, len(starts), CHUNK))
    parts = [_counted(tokens, starts[chunk], ends[chunk], buckets) for chunk in chunks]
    return sparse.vstack(parts, format="csr")


def _counted(tokens: np.ndarray, starts: np.ndarray, ends: np.ndarray, buckets: int) -> sparse.csr_matrix:
    lengths = ends - starts
    before = np.concatenate([[0], np.cumsum(lengths)])
    row = np.repeat(np.arange(len(starts)), lengths)
    place = np.arange(before[-1]) - before[row]
    flat, left = tokens[starts[row] + place].astype(np.int64), lengths[row] - place
    found = []
    for size in range(1, len(FACTORS) + 1):
        at = np.flatnonzero(left >= size)
        found.append(np.unique(row[at] * buckets + bucket([flat[at + n] for n in range(size)], buckets)))
    keys = np.concatenate(found)
    row, column = np.divmod(keys, buckets)
    number = np.bincount(row, minlength=len(starts))
    values = (1.0 / np.sqrt(number[row])).astype(np.float32)
    return sparse.csr_matrix((values, (row, column)), shape=(len(starts), buckets))


def candidates(data: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, starts and ends, int64 [m] each, of the runs that may stand for rows: at least one for each, in order."""
    first, (left, right) = np.concatenate([[0], data["ends"][:-1]]), data["focus"].T
    low = np.where(left >= 0, first + np.maximum(left - AROUND, 0), first)
    high = np.minimum(np.where(left >= 0, first + right + AROUND, first + READ), data["ends"])
    number = 1 + np.maximum(-((low + RUN - high) // STEP), 0)
    row = np.repeat(np.arange(len(low)), number)
    begins = low[row] + STEP * (np.arange(len(row)) - (np.cumsum(number) - number)[row])
    return row, begins, np.minimum(begins + RUN, high[row])


def loudest(data: Arrays, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends, int64 [n] each, of the run of each row of which `weights` say the most."""
    row, begins, ends = candidates(data)
    chunks = (slice(at, at + RUNS) for at in range(0, len(row), RUNS))
    said = np.concatenate([counted(data["tokens"], begins[c], ends[c], len(weights)) @ weights for c in chunks])
    order = np.lexsort((-said, row))
    best = order[np.unique(row[order], return_index=True)[1]]
    return begins[best], ends[best]


def fit(data: Arrays, buckets: int = BUCKETS) -> np.ndarray:
    """float32 [buckets]: log-odds of an attack for each n-gram."""
    starts = window_starts(data)
    weights = _fit(data, starts, np.minimum(data["ends"], starts + WINDOW), buckets)
    return _fit(data, *loudest(data, weights), buckets)


def _fit(data: Arrays, starts: np.ndarray, ends: np.ndarray, buckets: int) -> np.ndarray:
    """As `fit`, of rows tokens[start:end]."""
    weight = np.minimum(data["weight"] / data["weight"].mean(), HEAVIEST)
    model = SGDClassifier(loss="log_loss", alpha=PENALTY, max_iter=PASSES, tol=None, average=True, random_state=0)
    model.fit(counted(data["tokens"], starts, ends, buckets), data["class"] > 0, sample_weight=weight)
    return np.asarray(model.coef_[0], np.float32)


def quantized(weights: np.ndarray, clip: float = CLIP, share: float = SHARE) -> tuple[np.ndarray, np.float32]:
    """Weights [buckets] as int8 and the scale that makes `share` of their log-odds of them."""
    table = np.rint(np.clip(weights, -clip, clip) * (127 / clip)).astype(np.int8)
    return table, np.float32(share * clip / 127)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mixture", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=SHARE, help="default: %(default)s")
    args = parser.parse_args()
    weights = fit(dict(np.load(args.mixture)))
    table, scale = quantized(weights, share=args.share)
    np.savez(args.out, table=table, scale=scale)
    print(f"{args.out}: {len(table)} buckets, {(np.abs(weights) > CLIP).mean():.3%} clipped")


if __name__ == "__main__":
    main()
