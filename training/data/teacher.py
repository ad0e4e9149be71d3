"""What a whole model says of every short row of a mixture, for its fast branch to learn from.

    python -m training.data.teacher tinyguard/weights MIXTURE.npz OUT.npz --rows 150000 --threads 2

Both branches and the n-grams are asked, whatever the router would do. A row has a teacher only where the model and the
run see the same tokens: rows that fit into one training window, and longer ones that have a focus, which every window
of theirs holds. OUT is the mixture with `teacher` float32 [n, C]: log-probabilities, NaN where the model was not asked.
The loss that reads them is `training.losses.distillation`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tinyguard.modelfile import open_folder
from tinyguard.network import Network
from training.data.difficulty import Pieces, classes
from training.loop.options import RunOptions
from training.loop.sampler import Arrays

#: Tokens of a training window without the special ones.
ROOM = RunOptions().max_tokens - 2
#: Smallest probability that is passed on: below it a teacher is as sure as it can be.
LEAST = 1e-6


def teachable(data: Arrays) -> np.ndarray:
    """bool [n]: rows of which every training window shows what the teacher sees."""
    lengths = np.diff(data["ends"], prepend=0)
    first, last = data["focus"].T
    return (lengths <= ROOM) | ((first >= 0) & (last - first <= ROOM))


def cut(data: Arrays, rows: np.ndarray) -> Pieces:
    """One window of each of `rows`, int64 [W]: all of it, or ROOM tokens around the focus."""
    ends = data["ends"][rows]
    starts = np.where(rows > 0, data["ends"][rows - 1], 0)
    middle = starts + data["focus"][rows].sum(1) // 2 - ROOM // 2
    begins = np.clip(middle, starts, np.maximum(starts, ends - ROOM))
    return Pieces(rows, begins, np.minimum(ends, begins + ROOM))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("mixture", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=150_000, help="how many to ask about (%(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    data = dict(np.load(args.mixture))
    network = Network(open_folder(args.model))
    network.router_threshold = np.inf  # nothing stays fast
    fit = np.flatnonzero(teachable(data))
    p = data["weight"][fit] / data["weight"][fit].sum()
    rows = np.sort(np.random.default_rng(args.seed).choice(fit, min(args.rows, len(fit)), replace=False, p=p))
    probabilities = classes(network, data, cut(data, rows), args.threads)
    teacher = np.full((len(data["ends"]), probabilities.shape[1]), np.nan, np.float32)
    teacher[rows] = np.log(np.maximum(probabilities, LEAST))
    np.savez(args.out, **(data | {"teacher": teacher}))
    right = (probabilities.argmax(1) == data["class"][rows]).mean()
    print(
        f"{len(rows)} rows with {data['weight'][rows].sum() / data['weight'].sum():.0%} of the draws, {right:.1%} right"
    )


if __name__ == "__main__":
    main()
