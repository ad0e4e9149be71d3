"""How hard every row of a mixture is for a model already: its loss, and which part of a long benign text is the worst.

    python -m training.data.difficulty tinyguard/weights MIXTURE.npz OUT.npz --rows 110000 --threads 2

A run that goes on from a published model draws fewer rows than there are, so what it would learn of them by drawing
comes too late: nearly all of what it is shown, the model knows. This asks the model first. The sampler of the loop
begins with the losses found (`difficulty`), and cuts long benign texts around the window that is convicted the most
(`focus`) instead of anywhere. Only the fast branch is asked, which takes a third of the model's work; how far the deep
one would order the rows otherwise was not measured. Rows are asked about as often as they would be drawn; one that is
not counts as known.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from tinyguard.modelfile import open_folder
from tinyguard.network import Network
from tinyguard.windows import windows
from training.loop.batching import of_like_length
from training.loop.sampler import CLS, SEP, Arrays

#: Windows of a row that are looked at, and tokens of a batch of them.
MOST, BATCH_TOKENS = 12, 2048
#: Tokens in the middle of the worst window that a training window must hold.
CORE = 64
#: Benign probability under which a window is worth a focus.
SUSPECT = 0.8


class Pieces(NamedTuple):
    """Windows of a mixture's rows, in order of rows."""

    row: np.ndarray  # int64 [W]
    begin: np.ndarray  # int64 [W], in the mixture's flat tokens
    end: np.ndarray


def pieces(data: Arrays, rows: np.ndarray, size: int, overlap: int) -> Pieces:
    """Windows of `rows`, int64 ascending, of `size` tokens at most without the special ones. Benign texts are looked at
    from end to end, as in service; of an attack, and of what a program made, half a window at the beginning or around
    the focus has to do."""
    starts = np.concatenate([[0], data["ends"][:-1]])
    found: list[tuple[int, int, int]] = []
    for row in rows.tolist():
        start, end = int(starts[row]), int(data["ends"][row])
        if data["class"][row] > 0 or data["generated"][row]:
            first, last = data["focus"][row].tolist()
            middle, half = (first + last) // 2 if first >= 0 else 0, size // 2
            begin = min(max(0, middle - half // 2), max(0, end - start - half))
            found.append((row, start + begin, min(end, start + begin + half)))
            continue
        ranges = list(windows(end - start, size, overlap))[:MOST]
        found += [(row, start + low, start + high) for low, high in ranges]
    return Pieces(*np.array(found, np.int64).T)


def classes(network: Network, data: Arrays, cut: Pieces, threads: int) -> np.ndarray:
    """float64 [W, C]: calibrated probabilities of every window."""
    found = np.zeros((len(cut.row), len(network.folder.classes)))

    def read(chosen: np.ndarray) -> None:
        lengths = cut.end[chosen] - cut.begin[chosen] + 2
        ids = np.ones((len(chosen), int(lengths.max())), np.int64)
        for i, window in enumerate(chosen):
            ids[i, : lengths[i]] = [CLS, *data["tokens"][cut.begin[window] : cut.end[window]], SEP]
        readings = network.read(ids, lengths, data["features"][cut.row[chosen]])
        found[chosen] = [reading.probabilities for reading in readings]

    with ThreadPoolExecutor(threads) as pool, tqdm(total=len(cut.row), unit="window", mininterval=5) as bar:
        work = list(of_like_length(cut.end - cut.begin + 2, BATCH_TOKENS))
        for chosen, _ in zip(work, pool.map(read, work), strict=True):
            bar.update(len(chosen))
    return found


def measure(data: Arrays, cut: Pieces, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`difficulty` float64 [n], the loss of each row's worst window, 0 where none was looked at; and the `focus`
    int32 [n, 2] with those of long benign rows added."""
    labels, starts = data["class"], np.concatenate([[0], data["ends"][:-1]])
    right = probabilities[np.arange(len(cut.row)), labels[cut.row]]
    order = np.lexsort((right, cut.row))
    rows, first = np.unique(cut.row, return_index=True)
    worst = order[first]
    difficulty, focus = np.zeros(len(labels)), data["focus"].copy()
    difficulty[rows] = -np.log(np.maximum(right[worst], 1e-6))
    several = np.bincount(cut.row, minlength=len(labels))[rows] > 1
    chosen = several & (focus[rows, 0] < 0) & (right[worst] < SUSPECT)
    middle = ((cut.begin[worst] + cut.end[worst]) // 2 - starts[rows])[chosen]
    focus[rows[chosen]] = np.stack([middle - CORE // 2, middle + CORE // 2], 1)
    return difficulty, focus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("mixture", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=100_000, help="how many to ask about (%(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    data = dict(np.load(args.mixture))
    network = Network(open_folder(args.model))
    network.router_threshold = 0.0
    folder = network.folder
    n, p = len(data["ends"]), data["weight"] / data["weight"].sum()
    rows = np.sort(np.random.default_rng(args.seed).choice(n, min(args.rows, n), replace=False, p=p))
    cut = pieces(data, rows, folder.max_tokens - 2, folder.window_overlap)
    difficulty, focus = measure(data, cut, classes(network, data, cut, args.threads))
    np.savez(args.out, **(data | {"difficulty": difficulty, "focus": focus}))
    added = int((focus[:, 0] != data["focus"][:, 0]).sum())
    print(f"{len(rows)} rows with {p[rows].sum():.0%} of the draws, {len(cut.row)} windows")
    print(f"{added} benign texts have a suspect window")
    for name, of in (("benign", rows[data["class"][rows] == 0]), ("attacks", rows[data["class"][rows] > 0])):
        shares = ", ".join(f"{(difficulty[of] >= loss).mean():.1%} at {loss} or more" for loss in (0.1, 0.5, 1.0, 2.0))
        print(f"{name}: {shares}")


if __name__ == "__main__":
    main()
