"""Pairs of wishes in the same words, one that a content policy declines and one that it does not, in neutral frames.

Collected harmful requests are blunt, so a model learns that a frame around a mild topic is harmless; what people really
wrap is mostly mild: a prejudice, somebody's address, a made-up scandal. The twin keeps words and topic and is harmless
(Röttger et al. 2023, "XSTest", arXiv 2308.01263, does so with plain questions). The wishes stand in `goals.jsonl`, one
object with `goal`, `question`, `harmful`, `category` and `pair` a line; none holds more than the wish.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from training.data.rows import Row
from training.data.wrap import frame, framed


class Goal(NamedTuple):
    """One wish: `goal` in the imperative, lower case and without a full stop, and as a question."""

    goal: str
    question: str


def _pairs() -> tuple[tuple[Goal, Goal], ...]:
    sides: dict[str, dict[bool, Goal]] = defaultdict(dict)
    for line in Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sides[row["pair"]][row["harmful"]] = Goal(row["goal"], row["question"])
    return tuple((pair[True], pair[False]) for pair in sides.values())


#: (declined, harmless)
GOAL_PAIRS = _pairs()


def in_frames(pairs: Sequence[tuple[Goal, Goal]], n: int, rng: random.Random) -> Iterator[Row]:
    """`n` frames, each around the declined wish of a pair (a jailbreak) and around its harmless twin (benign)."""
    for _ in range(n):
        template = frame(False, rng)
        asks = "{question}" in template
        for wish, label in zip(rng.choice(pairs), ("jailbreak", "benign"), strict=True):
            yield framed(template, wish.question if asks else wish.goal, asks, label)


def plain(pairs: Sequence[tuple[Goal, Goal]]) -> Iterator[Row]:
    """Every wish on its own, as command and as question: harmful requests, for the intent head, and benign ones."""
    for pair in pairs:
        for wish, label in zip(pair, ("harmful_request", "benign"), strict=True):
            for text in (wish.goal[0].upper() + wish.goal[1:] + ".", wish.question):
                row: Row = {"text": text, "label": label, "attack_type": "plain", "lang": "en"}
                more = {"kind": "hard_negative"} if label == "benign" else {}
                yield row | {"source": "generated_goals"} | more
