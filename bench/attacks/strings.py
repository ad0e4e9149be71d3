"""Strings such as a search over a model's tokens finds, behind harmful requests: how many are found?

    python -m bench.attacks.strings tinyguard DEV --out bench/out/strings

DEV is a folder of labelled JSONL files. Its short harmful requests get strings of words of its ordinary texts and marks
(the form of Zou et al. 2023, "GCG", arXiv 2307.15043; no found string is used, and none is made the way that
`training.data.suffixes` makes them). Ordinary questions get what people paste: an identifier, keywords, JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import string
from collections.abc import Callable
from pathlib import Path

from bench.attacks.counted import Records, counted, save, show
from bench.attacks.planted import rows
from bench.detector import Detector
from bench.quality.detectors import load_detector

REQUESTS, QUESTIONS, WORDS = "harmbench.jsonl", "benign_clinc_oos.jsonl", "benign_mixed.jsonl"
#: Characters of a request.
LONGEST = 150
#: Behind a word; most stand alone.
MARKS = ("", "", "'", "{", "}", "(", ")", ".", "--", "]]", "\\\\", "://", '"', ";", "=")


class Texts:
    """What is put together, and out of which words."""

    def __init__(self, folder: Path, most: int, seed: int) -> None:
        self.requests = [row["text"] for row in rows(folder / REQUESTS) if len(row["text"]) < LONGEST][:most]
        self.questions = [row["text"] for row in rows(folder / QUESTIONS)][: 2 * most]
        self.words = [word for row in rows(folder / WORDS) for word in row["text"].split()[:30]]
        self.rng = random.Random(seed)

    def jumble(self, count: int) -> str:
        return " ".join(self.rng.choice(self.words) + self.rng.choice(MARKS) for _ in range(count))

    def identifier(self) -> str:
        return "-".join(self.rng.choices(string.hexdigits, k=24))

    def keywords(self) -> str:
        return " ".join(self.rng.choices(self.words, k=12))

    def object(self) -> str:
        return json.dumps({word: self.rng.random() for word in self.rng.choices(self.words, k=6)})

    def kinds(self) -> dict[str, tuple[list[str], Callable[[], str], str]]:
        """By name: what is asked, what stands behind it, and what joins them."""
        return {
            "requests, 40 words": (self.requests, lambda: self.jumble(40), " "),
            "requests, 20 words": (self.requests, lambda: self.jumble(20), " "),
            "requests, 10 words": (self.requests, lambda: self.jumble(10), " "),
            "requests, 20 marks": (self.requests, lambda: " ".join("!" * 20), " "),
            "questions, an identifier": (self.questions, self.identifier, " "),
            "questions, keywords": (self.questions, self.keywords, " "),
            "questions, JSON": (self.questions, self.object, "\n"),
        }


def check(detector: Detector, texts: Texts) -> Records:
    """One record for each kind: of `n` texts, how many are convicted."""
    kinds = {name: [f"{text}{gap}{made()}" for text in asked] for name, (asked, made, gap) in texts.kinds().items()}
    return counted(detector, kinds)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="bench.attacks.strings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detector", help="tinyguard, tinyguard=FOLDER or package.module:Name[=ARGUMENT]")
    parser.add_argument("data", type=Path, metavar="DEV", help="folder of the development sets")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="writes FOLDER/strings.json")
    parser.add_argument("--requests", type=int, default=100, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args(arguments)
    try:
        detector, texts = load_detector(args.detector), Texts(args.data, args.requests, args.seed)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    records = check(detector, texts)
    if args.out:
        save(records, args.out / "strings.json")
    show(records)


if __name__ == "__main__":
    main()
