"""Latency of one model folder against another on the same texts, in one interleaved run.

    python -m bench.latency.versions OLD NEW TEXTS.jsonl [--texts 160] [--rounds 4]

Both guards take turns, text by text; of each text the quickest of the rounds counts, and the ratio NEW / OLD is given
as the median over the texts that the fast branch answers in both, and over those for which both ask the deep one. Load
on the machine falls on both alike, so the ratio holds where milliseconds do not.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tinyguard import Guard

#: Characters of a text that are read: a few windows at most.
MOST = 1500


def ratios(old: Guard, new: Guard, texts: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Time of `new` over that of `old` for each text, by way: ``fast``, ``deep``. Where they differ it is left out."""
    found: dict[str, list[float]] = {"fast": [], "deep": []}
    for text in texts:
        fast = [guard.classify(text).route == "fast_only" for guard in (old, new)]
        if fast[0] != fast[1]:
            continue
        quickest = [float("inf"), float("inf")]
        for _ in range(rounds):
            for index, guard in enumerate((old, new)):
                begin = perf_counter()
                guard.classify(text)
                quickest[index] = min(quickest[index], perf_counter() - begin)
        found["fast" if fast[0] else "deep"].append(quickest[1] / quickest[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=4)
    args = parser.parse_args()
    with args.file.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:MOST] for line in lines]
    random.Random(3).shuffle(texts)
    for way, values in ratios(Guard(args.old), Guard(args.new), texts[: args.texts], args.rounds).items():
        print(f"{way}: {statistics.median(values):.2f} over {len(values)} texts" if values else f"{way}: no text")


if __name__ == "__main__":
    main()
