"""Fit the locator (`training.model.locator`) on windows of a mixture in which it is known where the attack stands.

    python -m training.locate tinyguard/weights MIXTURE.npz OUT.npz

A window is a planted attack with what stands around it; a short attack or a short benign text put between the tokens of
a longer benign one; or a benign text as it is. So neither that something was put in nor that it begs for something
tells where an attack is, only what it wants. The fast branch of the model folder reads each window once; its hidden
states are kept for a chunk of windows at a time. Learned is which run of tokens lies in the attack, or that none does
(cross-entropy over all runs and "none", whose log-odds are 0; MARGIN is added afterwards). OUT has the weights of the
two linear maps, for `training.package --locator`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tinyguard.modelfile import open_folder
from tinyguard.network import Network
from training.loop.batching import of_like_length
from training.loop.sampler import CLS, LONG, PAD, SEP, SHORT, Arrays
from training.losses.locator import run_loss
from training.model.locator import RUN, Locator

#: Tokens of a window with the special ones, and fewest of one.
WIDTH, LEAST = 256, 100
#: Shares of the windows: planted attacks, attacks put in, benign texts put in; the rest are benign as they are.
PLANTED, ATTACKS, BENIGN = 0.3, 0.25, 0.2
#: Most that a row may weigh over the mean.
HEAVIEST = 30.0
#: Of the fit: windows in memory at a time, times that each is shown, windows of a step, first rate, units inside.
CHUNK, PASSES, BATCH, RATE, INNER = 4096, 2, 64, 1e-3, 64
#: Added to the log-odds of the fit: a closer look costs little, and a missed attack much.
MARGIN = 2.0
#: Tokens of a batch that the fast branch reads.
BATCH_TOKENS = 4096


class Windows(NamedTuple):
    """N windows of WIDTH tokens."""

    ids: np.ndarray  # int64 [N, WIDTH]
    lengths: np.ndarray  # int64 [N], special tokens counted
    attack: np.ndarray  # bool [N, WIDTH]: tokens of an attack
    features: np.ndarray  # float32 [N, F]


def draw(data: Arrays, count: int, rng: np.random.Generator) -> Windows:
    """So many windows; rows are drawn as for the network. Raises ValueError where the mixture has none of a kind."""
    starts = np.concatenate([[0], data["ends"][:-1]])
    lengths = data["ends"] - starts
    first, last = data["focus"].T
    benign, attack, short = data["class"] == 0, np.isin(data["class"], (1, 2)), lengths <= SHORT

    def rows(what: str, chosen: np.ndarray) -> Iterator[int]:
        among = np.flatnonzero(chosen)
        if not len(among):
            raise ValueError(f"the mixture has no {what}")
        weight = np.minimum(data["weight"][among], HEAVIEST * data["weight"][among].mean())
        yield from rng.choice(among, count, p=weight / weight.sum()).tolist()

    planted = rows("planted attacks", attack & (first >= 0) & (last - first < WIDTH // 2))
    attacks, others = rows("short attacks", attack & (first < 0) & short), rows("short benign texts", benign & short)
    around, plain = rows("long benign texts", benign & (lengths >= LONG)), rows("benign texts", benign)
    ids = np.full((count, WIDTH), PAD, np.int64)
    inside = np.zeros((count, WIDTH), bool)
    sizes, features = np.zeros(count, np.int64), np.zeros((count, data["features"].shape[1]), np.float32)
    for window in range(count):
        kind, size = rng.random(), int(rng.integers(LEAST, WIDTH - 1))
        begin = end = 0
        if kind < PLANTED:
            row = next(planted)
            size = max(size, int(last[row] - first[row]))
            at = _between(rng, max(0, last[row] - size), min(first[row], max(0, lengths[row] - size)))
            tokens = data["tokens"][starts[row] + at : data["ends"][row]][:size]
            begin, end = first[row] - at, last[row] - at
        elif kind < PLANTED + ATTACKS + BENIGN:
            is_attack = kind < PLANTED + ATTACKS
            row, put = next(around), next(attacks if is_attack else others)
            new = data["tokens"][starts[put] : data["ends"][put]]
            room = max(size, len(new) + RUN) - len(new)
            at = starts[row] + _between(rng, 0, max(0, lengths[row] - room))
            old = data["tokens"][at : min(at + room, data["ends"][row])]
            cut = _between(rng, 0, len(old))
            tokens = np.concatenate([old[:cut], new, old[cut:]])
            begin, end = (cut, cut + len(new)) if is_attack else (0, 0)
        else:
            row = next(plain)
            at = starts[row] + _between(rng, 0, max(0, lengths[row] - size))
            tokens = data["tokens"][at : min(at + size, data["ends"][row])]
        ids[window, : len(tokens) + 2] = [CLS, *tokens, SEP]
        inside[window, 1 + begin : 1 + end] = True
        sizes[window], features[window] = len(tokens) + 2, data["features"][row]
    return Windows(ids, sizes, inside, features)


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def hidden_states(network: Network, windows: Windows, threads: int) -> np.ndarray:
    """float16 [N, WIDTH, D]; what stands behind a window's end is 0."""
    work = list(of_like_length(windows.lengths, BATCH_TOKENS))

    def read(rows: np.ndarray) -> np.ndarray:
        most = int(windows.lengths[rows].max())
        return network.hidden(windows.ids[rows, :most], windows.lengths[rows], windows.features[rows])

    found: np.ndarray | None = None
    with ThreadPoolExecutor(threads) as pool:
        for rows, hidden in zip(work, pool.map(read, work), strict=True):
            if found is None:
                found = np.zeros((len(windows.ids), WIDTH, hidden.shape[-1]), np.float16)
            found[rows, : hidden.shape[1]] = hidden
    assert found is not None
    return found


def fit(network: Network, data: Arrays, count: int, threads: int, seed: int = 0) -> Locator:
    """A locator that was shown about `count` windows; how it did on each chunk at first sight is printed."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    mean, scale = _spread(network, draw(data, CHUNK // 8, rng), threads)
    locator = Locator(len(mean), INNER)
    optimizer = torch.optim.AdamW(locator.parameters(), RATE, weight_decay=1e-2)
    chunks = max(1, count // CHUNK)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, chunks * PASSES * (CHUNK // BATCH))
    for chunk in range(chunks):
        windows = draw(data, CHUNK, rng)
        hidden = hidden_states(network, windows, threads)
        lengths, attack = torch.from_numpy(windows.lengths), torch.from_numpy(windows.attack)
        for turn in range(PASSES):
            losses, found = [], []
            for rows in np.split(rng.permutation(CHUNK), CHUNK // BATCH):
                x = (torch.from_numpy(hidden[rows].astype(np.float32)) - mean) / scale
                each = run_loss(*locator.runs(x, lengths[rows]), attack[rows])
                losses.append(each.detach())
                if turn == 0:  # of windows not seen before
                    found.append(_found(locator, x, lengths[rows], attack[rows]))
                optimizer.zero_grad()
                each.mean().backward()
                optimizer.step()
                falling.step()
            if turn == 0:
                print(f"{chunk + 1}/{chunks} loss {torch.cat(losses).mean():.4f} found {torch.cat(found).mean():.3f}")
    with torch.no_grad():  # so that it reads hidden states as they are
        locator.inner.weight /= scale
        locator.inner.bias -= locator.inner.weight @ mean
        locator.outer.bias += MARGIN
    return locator


def _spread(network: Network, windows: Windows, threads: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of hidden states, float32 [D] each."""
    inside = np.arange(WIDTH) < windows.lengths[:, None]
    seen = hidden_states(network, windows, threads)[inside].astype(np.float32)
    return torch.from_numpy(seen.mean(0)), torch.from_numpy(seen.std(0) + 1e-3)


@torch.no_grad()
def _found(locator: Locator, hidden: Tensor, lengths: Tensor, attack: Tensor) -> Tensor:
    """Of the windows with an attack, 1 where the middle of the loudest run lies in it and 0 elsewhere."""
    middle = 1 + locator(hidden, lengths)[:, 1:].long() + RUN // 2
    return attack.gather(1, middle)[attack.any(1)].float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("mixture", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--windows", type=int, default=120_000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    data = dict(np.load(args.mixture))
    locator = fit(Network(open_folder(args.model)), data, args.windows, args.threads)
    np.savez(args.out, **{name: value.detach().numpy() for name, value in locator.state_dict().items()})


if __name__ == "__main__":
    main()
