"""Hard negatives: the benign rows of a pool that a model is the least sure are benign, for the next mixture.

    python -m training.data.mine MODEL --pool POOL.jsonl.gz … --out hard.jsonl --count 2000 [--tokenizer TOKENIZER]

The sampler of the loop looks at the rows of one mixture by their loss; this looks at rows outside it. What scores above
`--doubt` is as likely an unmarked attack as a hard negative and is left for a person to look at. Texts of one source
and of one opening are taken a limited number of times, so that no template fills the result.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from training.data.rows import Row, read_rows
from training.data.scorer import Scorer, load_scorer

#: Characters of a text that count as its opening, and how often one is taken.
OPENING, OPENINGS = 24, 3


def sampled(rows: Iterable[Row], most: int, seed: int) -> list[Row]:
    """At most `most` benign rows of a stream, each as likely as any other (reservoir sampling, Vitter 1985)."""
    rng = random.Random(seed)
    kept: list[Row] = []
    benign: Iterator[Row] = (row for row in rows if row["label"] == "benign" and row["text"].strip())
    for seen, row in enumerate(benign, 1):
        if len(kept) < most:
            kept.append(row)
        elif (place := rng.randrange(seen)) < most:
            kept[place] = row
    return kept


def hardest(rows: Sequence[Row], attack: np.ndarray, count: int, source_share: float, doubt: float) -> list[Row]:
    """Up to `count` rows by attack probability [n], highest first, none above `doubt`; a source gives at most
    `source_share` of them. Each gets `kind` hard_negative and its `score`."""
    by_source: Counter[str] = Counter()
    openings: Counter[str] = Counter()

    def chosen() -> Iterator[Row]:
        for i in np.argsort(-attack, kind="stable"):
            row, opening = rows[i], rows[i]["text"][:OPENING].casefold()
            if attack[i] > doubt or openings[opening] >= OPENINGS:
                continue
            if by_source[row["source"]] >= max(1, source_share * count):
                continue
            by_source[row["source"]] += 1
            openings[opening] += 1
            yield row | {"kind": "hard_negative", "score": round(float(attack[i]), 4)}

    return list(islice(chosen(), count))


def attack_probability(score: Scorer, rows: Sequence[Row], batch: int = 2000) -> np.ndarray:
    """float64 [n]."""
    return 1.0 - np.concatenate([score(rows[start : start + batch])[:, 0] for start in range(0, len(rows), batch)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder, or checkpoint of the loop")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.json of a checkpoint")
    parser.add_argument("--pool", type=Path, nargs="+", required=True, help="rows to look through")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000, help="rows to keep")
    parser.add_argument("--sample", type=int, default=20000, help="rows of the pool to score")
    parser.add_argument("--source-share", type=float, default=0.2)
    parser.add_argument("--doubt", type=float, default=0.98)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = sampled(read_rows(args.pool), args.sample, args.seed)
    attack = attack_probability(load_scorer(args.model, args.tokenizer, args.threads), rows)
    kept = hardest(rows, attack, args.count, args.source_share, args.doubt)
    with args.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
    lowest = kept[-1]["score"] if kept else float("nan")
    print(f"{len(rows)} benign rows, {(attack >= 0.5).mean():.2%} at 0.5 or more; {len(kept)} kept, down to {lowest}")


if __name__ == "__main__":
    main()
