"""Draws rows and cuts them into batches of near-equal length.

A row is drawn with probability ∝ weight × difficulty inside its group, where difficulty is its last loss, clipped; the
groups keep their shares, or attacks, which are harder, would crowd out benign rows and shift every probability. Rows
that the model already knows are seen rarely, which is hard-negative mining without a pass of its own (Katharopoulos &
Fleuret 2018, "Not all samples are created equal"). A collected row that the model contradicts with confidence is more
often mislabelled than hard, and is drawn as rarely as a known one.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from training.loop.batching import of_like_length

CLS, PAD, SEP, UNK = 0, 1, 2, 3
#: Rows that are drawn together, to find ones of like length.
POOL = 2048
#: Most tokens of a row that is put between another's, and fewest of that.
SHORT, LONG = 110, 120

Arrays = dict[str, np.ndarray]


class SamplerOptions(Protocol):
    """What a run's options must have."""

    @property
    def batch_tokens(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def long_tokens(self) -> int: ...
    @property
    def long_share(self) -> float: ...
    @property
    def token_dropout(self) -> float: ...
    @property
    def difficulty_floor(self) -> float: ...
    @property
    def doubt_above(self) -> float: ...
    @property
    def spliced(self) -> float: ...


class Draw(NamedTuple):
    """N rows to make windows of."""

    rows: np.ndarray  # int64 [N]
    hosts: np.ndarray  # int64 [N], the row between whose tokens a row is put; −1: none
    lengths: np.ndarray  # int64 [N], tokens of the windows with the special ones

    def of(self, which: np.ndarray) -> Draw:
        return Draw(*(part[which] for part in self))


class Batch(NamedTuple):
    """B rows of T tokens."""

    rows: np.ndarray  # int64 [B], of the arrays
    ids: Tensor  # int64 [B, T]
    mask: Tensor  # bool [B, T]
    attack: Tensor  # bool [B, T], tokens of an attack: all of the text's where it is not known which
    spliced: np.ndarray  # bool [B], whether a row stands between the tokens of another


class Sampler:
    """The stream of batches of one process; `state` and `load` make it resume exactly."""

    def __init__(self, data: Arrays, options: SamplerOptions, seed: int):
        self.data, self.options = data, options
        self.starts = np.concatenate([[0], data["ends"][:-1]])
        rows = np.arange(len(data["ends"]))
        # What may be put between others' tokens, and between whose: a disguised text would bring its features along.
        lengths = data["ends"] - self.starts
        self.fits = (lengths <= SHORT) & (data["class"] < 3) & (data["focus"][:, 0] < 0)
        self.holds = np.flatnonzero((lengths >= LONG) & (data["class"] == 0))
        if options.spliced and not len(self.holds):
            raise ValueError(f"no benign row has {LONG} tokens, so that none can be spliced into it")
        # What `training.data.difficulty` measured, where it was asked; else every row counts as unknown.
        self.difficulty = self.worth(rows, data["difficulty"]) if "difficulty" in data else np.ones(len(rows))
        self.rng = np.random.default_rng(seed)
        self.queue: list[Draw] = []
        self.limit = options.max_tokens
        self.drawn = 0

    @property
    def epoch(self) -> float:
        """Rows drawn so far, in passes over the data."""
        return self.drawn / len(self.difficulty)

    def window(self, row: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
        """int64 and bool: tokens of a row with the special ones, cut to `limit` at random but around its focus; and
        which of them are an attack's."""
        begin, end = int(self.starts[row]), int(self.data["ends"][row])
        room = limit - 2
        first, last = self.data["focus"][row]
        offset = 0
        if end - begin > room:
            low, high = 0, end - begin - room
            if first >= 0 and last - first <= room:
                low, high = max(0, last - room), min(high, first)
            elif self.rng.random() < 0.5:
                high = 0  # the beginning of a text is what is seen most often
            offset = int(self.rng.integers(low, max(low, high) + 1))
        tokens = self.data["tokens"][begin + offset : min(begin + offset + room, end)]
        places = np.arange(len(tokens)) + offset
        inside = (places >= first) & (places < last) if first >= 0 else np.ones(len(tokens), bool)
        return _framed(tokens, (inside if inside.any() else ~inside) & (self.data["class"][row] > 0))

    def splice(self, row: int, host: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
        """As `window`, of a short row between the tokens of a part of `host`."""
        new = self.data["tokens"][self.starts[row] : self.data["ends"][row]]
        begin, end = int(self.starts[host]), int(self.data["ends"][host])
        room = max(0, limit - 2 - len(new))
        at = begin + int(self.rng.integers(0, max(0, end - begin - room) + 1))
        old = self.data["tokens"][at : min(at + room, end)]
        cut = int(self.rng.integers(0, len(old) + 1))
        tokens = np.concatenate([old[:cut], new, old[cut:]])
        inside = np.zeros(len(tokens), bool)
        inside[cut : cut + len(new)] = self.data["class"][row] > 0
        return _framed(tokens, inside)

    def draws(self) -> np.ndarray:
        """float64 [n]: how often each row is to be drawn, up to a factor."""
        weight, group = self.data["weight"], self.data["group"]
        p = weight * self.difficulty
        return p * (np.bincount(group, weight) / np.maximum(np.bincount(group, p), 1e-300))[group]

    def refill(self) -> None:
        """Draw a pool of rows and cut it into batches."""
        options = self.options
        p = self.draws()
        rows = self.rng.choice(len(p), POOL, p=p / p.sum())
        self.limit = options.long_tokens if self.rng.random() < options.long_share else options.max_tokens
        lengths = np.minimum(self.data["ends"][rows] - self.starts[rows] + 2, self.limit)
        hosts = np.full(POOL, -1)
        if options.spliced:
            put = np.flatnonzero(self.fits[rows] & (self.rng.random(POOL) < options.spliced))
            among = p[self.holds]
            hosts[put] = self.rng.choice(self.holds, len(put), p=among / among.sum())
            room = self.limit - lengths[put]
            lengths[put] += (room * self.rng.uniform(0.25, 1.0, len(put))).astype(np.int64)
        drawn = Draw(rows, hosts, lengths)
        batches = [drawn.of(alike) for alike in of_like_length(lengths, options.batch_tokens)]
        self.queue = [batches[i] for i in self.rng.permutation(len(batches))]

    def batch(self) -> Batch:
        """The next batch, padded to its longest window."""
        if not self.queue:
            self.refill()
        drawn = self.queue.pop()
        self.drawn += len(drawn.rows)
        windows = [
            self.window(row, self.limit) if host < 0 else self.splice(row, host, length)
            for row, host, length in zip(*(part.tolist() for part in drawn), strict=True)
        ]
        ids = np.full((len(windows), max(len(tokens) for tokens, _ in windows)), PAD, np.int64)
        attack = np.zeros(ids.shape, bool)
        for i, (tokens, inside) in enumerate(windows):
            ids[i, : len(tokens)], attack[i, : len(tokens)] = tokens, inside
        mask = ids != PAD
        ids[(self.rng.random(ids.shape) < self.options.token_dropout) & mask & (ids > UNK)] = UNK
        return Batch(drawn.rows, *(torch.from_numpy(part) for part in (ids, mask, attack)), drawn.hosts >= 0)

    def worth(self, rows: np.ndarray, losses: np.ndarray) -> np.ndarray:
        """float64 [B]: the factor on the weights of rows [B] that have these losses."""
        floor = self.options.difficulty_floor
        mislabelled = self.data["doubtful"][rows] & (losses > self.options.doubt_above)
        return np.where(mislabelled, floor, np.clip(losses, floor, 1.0))

    def learn(self, batch: Batch, losses: np.ndarray) -> None:
        """Take in the losses [B] of a batch's rows, of which those in others' tokens say little."""
        rows = batch.rows[~batch.spliced]
        self.difficulty[rows] = self.worth(rows, losses[~batch.spliced])

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "difficulty": self.difficulty, "queue": self.queue, "limit": self.limit, "drawn": self.drawn,
            "rng": self.rng.bit_generator.state,
        }  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Go on where a checkpoint was made. With other data of another size, the data begins anew."""
        if len(state["difficulty"]) != len(self.difficulty):
            return
        self.difficulty, self.queue = state["difficulty"], state["queue"]
        self.limit, self.drawn = state["limit"], state["drawn"]
        self.rng.bit_generator.state = state["rng"]


def _framed(tokens: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with the special tokens, which are no attack's."""
    return np.concatenate([[CLS], tokens, [SEP]]).astype(np.int64), np.pad(inside, 1)
