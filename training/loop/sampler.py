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


class Batch(NamedTuple):
    """B rows of T tokens."""

    rows: np.ndarray  # int64 [B], of the arrays
    ids: Tensor  # int64 [B, T]
    mask: Tensor  # bool [B, T]


class Sampler:
    """The stream of batches of one process; `state` and `load` make it resume exactly."""

    def __init__(self, data: Arrays, options: SamplerOptions, seed: int):
        self.data, self.options = data, options
        self.starts = np.concatenate([[0], data["ends"][:-1]])
        rows = np.arange(len(data["ends"]))
        # What `training.data.difficulty` measured, where it was asked; else every row counts as unknown.
        self.difficulty = self.worth(rows, data["difficulty"]) if "difficulty" in data else np.ones(len(rows))
        self.rng = np.random.default_rng(seed)
        self.queue: list[np.ndarray] = []
        self.limit = options.max_tokens
        self.drawn = 0

    @property
    def epoch(self) -> float:
        """Rows drawn so far, in passes over the data."""
        return self.drawn / len(self.difficulty)

    def window(self, row: int, limit: int) -> np.ndarray:
        """int64: tokens of a row with the special ones, cut to `limit` at random but around its focus."""
        begin, end = int(self.starts[row]), int(self.data["ends"][row])
        room = limit - 2
        if end - begin > room:
            low, high = 0, end - begin - room
            first, last = self.data["focus"][row]
            if first >= 0 and last - first <= room:
                low, high = max(0, last - room), min(high, first)
            elif self.rng.random() < 0.5:
                high = 0  # the beginning of a text is what is seen most often
            begin += int(self.rng.integers(low, max(low, high) + 1))
            end = begin + room
        return np.concatenate([[CLS], self.data["tokens"][begin:end], [SEP]]).astype(np.int64)

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
        batches = [rows[alike] for alike in of_like_length(lengths, options.batch_tokens)]
        self.queue = [batches[i] for i in self.rng.permutation(len(batches))]

    def batch(self) -> Batch:
        """The next batch, padded to its longest window."""
        if not self.queue:
            self.refill()
        rows = self.queue.pop()
        self.drawn += len(rows)
        windows = [self.window(int(row), self.limit) for row in rows]
        ids = np.full((len(rows), max(map(len, windows))), PAD, np.int64)
        for i, window in enumerate(windows):
            ids[i, : len(window)] = window
        mask = ids != PAD
        ids[(self.rng.random(ids.shape) < self.options.token_dropout) & mask & (ids > UNK)] = UNK
        return Batch(rows, torch.from_numpy(ids), torch.from_numpy(mask))

    def worth(self, rows: np.ndarray, losses: np.ndarray) -> np.ndarray:
        """float64 [B]: the factor on the weights of rows [B] that have these losses."""
        floor = self.options.difficulty_floor
        mislabelled = self.data["doubtful"][rows] & (losses > self.options.doubt_above)
        return np.where(mislabelled, floor, np.clip(losses, floor, 1.0))

    def learn(self, rows: np.ndarray, losses: np.ndarray) -> None:
        """Take in the losses [B] of a batch's rows."""
        self.difficulty[rows] = self.worth(rows, losses)

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
