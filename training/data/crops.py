"""What a closer look shows the model, as rows: the passages of long texts that its locator points at.

In service the most suspicious passage of a long text is judged once more by itself (`tinyguard.passage`). Such a
passage is like no row that anybody collected: a sentence or two out of their text, of the benign texts those that are
most like an attack. So a model is asked
where it would look, and what it would see there is a row of its own: benign out of a benign text, an attack where it
holds most of what was planted. A task that only does not belong where it stands is no attack by itself; of what was
planted in documents, only what the model takes for an attack by itself is one.

    python -m training.data.crops tinyguard/weights OUT.jsonl DATA.jsonl … --benign 40000 --attacks 24000 --threads 2
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from tinyguard import native
from tinyguard.modelfile import open_folder
from tinyguard.runtime import Runtime
from training.data.rows import Row, read_rows

#: Characters of a text that are read, and fewest of one in which a passage is not most of it.
MOST, LEAST = 8000, 300
#: Fewest and most characters of a passage that is a row.
PASSAGE = 25, 700
#: Attacks by themselves, and what the generator calls tasks that are none.
DIRECT = frozenset({"direct_injection", "jailbreak"})
TASKS = frozenset({"off_topic", "tool_command"})
#: Share of what was planted that a passage must hold to be one.
HELD = 0.75
#: Score of a passage that is an attack by itself, where its text does not say so.
SURE = 0.5
#: Scores between which a benign passage is hard, and kept; of those below, as many as of those. One that scores more
#: may well be an attack that its text only quotes.
HARD, DOUBT = 0.1, 0.9
#: Windows of a text that are asked for their loudest runs.
WINDOWS = 6


class Passage(NamedTuple):
    """What a closer look at a text would show."""

    text: str
    begin: int  # in the normalized text
    end: int
    loudness: float
    score: float  # of the passage by itself, from the fast branch
    features: list[float]


def passages(runtime: Runtime, text: str) -> list[Passage]:
    """The passage around the loudest run of each of the first windows of a text, the loudest first."""
    analysis = native.analyze(text[:MOST])
    normalized, features = analysis.views[0].text, analysis.features
    known = [round(float(value), 5) for value in features]
    found = []
    for _, window in zip(range(WINDOWS), runtime.windows(normalized, features), strict=False):
        (reading,) = runtime.read([window])
        closer = runtime.closer(normalized, window, reading.loudest)
        if closer is not None:
            (look,) = runtime.read([closer])
            begin, end = closer.segment
            score = float(look.probabilities[1:].sum())
            found.append(Passage(normalized[begin:end], begin, end, reading.loudness, score, known))
    return sorted(found, key=lambda passage: -passage.loudness)


def crops(row: Row, found: Sequence[Passage]) -> Iterator[Row]:
    """The rows that a row's passages make: two of a benign text, of an attack that which holds what was planted."""
    least, most = PASSAGE
    fitting = [passage for passage in found if least <= len(passage.text.strip()) <= most]
    if row["label"] == "benign":
        yield from (_made(row, passage) for passage in fitting[:2])
        return
    for passage in fitting[:1]:
        sure = row["label"] in DIRECT or passage.score >= SURE
        if sure and _held(str(row["injection"]), passage.text) >= HELD:
            yield _made(row, passage)


def _made(row: Row, passage: Passage) -> Row:
    return {
        "text": passage.text, "label": row["label"], "attack_type": "crop", "lang": row.get("lang") or "unknown",
        "source": "generated_crop", "features": passage.features, "score": round(passage.score, 4),
        **({"kind": "hard_negative"} if row["label"] == "benign" else {}),
    }  # fmt: skip


def _held(planted: str, text: str) -> float:
    """The share of the words of what was planted that stand in a text."""
    words = planted.split()
    there = set(text.split())
    return sum(word in there for word in words) / max(1, len(words))


def chosen(rows: Iterable[Row], benign: int, attacks: int, rng: random.Random) -> list[Row]:
    """So many long benign texts, and so many long ones with something planted."""
    long = [row for row in rows if len(row["text"]) >= LEAST]
    good = [row for row in long if row["label"] == "benign"]
    bad = [row for row in long if row["label"] != "benign" and row.get("injection")]
    bad = [row for row in bad if row["attack_type"] not in TASKS]
    return [row for part, most in ((good, benign), (bad, attacks)) for row in rng.sample(part, min(most, len(part)))]


def kept(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Of the benign rows those that are hard and as many others; all attacks."""
    benign = [row for row in rows if row["label"] == "benign"]
    hard = [row for row in benign if HARD <= row["score"] < DOUBT]
    easy = [row for row in benign if row["score"] < HARD]
    return [row for row in rows if row["label"] != "benign"] + hard + rng.sample(easy, min(len(hard), len(easy)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--benign", type=int, default=40_000, help="long benign texts to look at (%(default)s)")
    parser.add_argument("--attacks", type=int, default=24_000, help="planted ones (%(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    rows = chosen(read_rows(args.data), args.benign, args.attacks, rng)
    runtime = Runtime(open_folder(args.model))
    runtime.network.router_threshold = -np.inf  # every window stays with the fast branch, whose locator it is
    made: list[Row] = []
    with ThreadPoolExecutor(args.threads) as pool:
        found = pool.map(lambda row: passages(runtime, str(row["text"])), rows)
        for row, its in zip(rows, tqdm(found, total=len(rows), mininterval=5), strict=True):
            made += crops(row, its)
    made = kept(made, rng)
    args.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), encoding="utf-8")
    print(f"{dict(Counter(row['label'] for row in made))} of {len(rows)} texts")


if __name__ == "__main__":
    main()
