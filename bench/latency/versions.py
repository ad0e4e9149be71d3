"""Latency of one model folder against another on the same texts, in one interleaved run.

    python -m bench.latency.versions OLD NEW TEXTS.jsonl … [--texts 160] [--rounds 4]

Both guards take turns, text by text; of each text the quickest of the rounds counts, and the ratio NEW / OLD is given
as the median over the texts that the fast branch answers in both, over those for which both ask the deep one, and over
those for which one of them does; and for all texts together as that of the sums. Load on the machine falls on both
alike, so the ratios hold where milliseconds do not.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from tinyguard import Guard

#: Characters of a text that are read: a few windows at most.
MOST = 1500


class Times(NamedTuple):
    """The quickest of each guard's rounds for one text, in seconds, and who asked the deep branch."""

    way: str  # fast (neither), deep (both), one
    old: float
    new: float


def times(old: Guard, new: Guard, texts: Sequence[str], rounds: int) -> list[Times]:
    """One for each text."""
    found = []
    for text in texts:
        fast = [guard.classify(text).route == "fast_only" for guard in (old, new)]
        quickest = [float("inf"), float("inf")]
        for _ in range(rounds):
            for index, guard in enumerate((old, new)):
                begin = perf_counter()
                guard.classify(text)
                quickest[index] = min(quickest[index], perf_counter() - begin)
        found.append(Times(("deep", "one", "fast")[sum(fast)], *quickest))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--texts", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=4)
    args = parser.parse_args()
    lines = [line for file in args.files for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [json.loads(line)["text"][:MOST] for line in lines]
    random.Random(3).shuffle(texts)
    found = times(Guard(args.old), Guard(args.new), texts[: args.texts], args.rounds)
    for way in ("fast", "deep", "one"):
        values = [one.new / one.old for one in found if one.way == way]
        print(f"{way}: {statistics.median(values):.2f} over {len(values)} texts" if values else f"{way}: no text")
    print(f"all: {sum(one.new for one in found) / sum(one.old for one in found):.2f} over {len(found)} texts")


if __name__ == "__main__":
    main()
