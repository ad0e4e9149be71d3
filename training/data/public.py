"""Training rows from public sets in their published formats, from a path or from the hub.

    python -m training.data.public OUT.jsonl deepset=train.parquet wildguard=hub:train … --held-out DEV.jsonl …

The formats are those of `bench.quality.readers`. A set that anything here is evaluated on is refused, by its name and
split; and of the others, rows whose words occur in a `--held-out` file are left out, for sets contain one another.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.quality.readers import READERS, hub
from training.data.rows import Row, plain_text, read_rows
from training.data.targets import CLASS_OF

#: Evaluated whole: no part of these is learned from.
EVALUATED = frozenset(
    {"notinject", "jbb_behaviors", "jbb_artifacts", "bipia", "xstest", "qualifire", "pint", "cyberseceval"}
)
#: Of these, the train split may be learned from.
TRAINABLE = frozenset({"deepset", "safeguard", "jackhhao", "wildguard", "toxicchat"})
#: What a file name of another split than train has in it.
HELD_OUT_NAME = re.compile(r"(?i)(?:^|[^a-z])(?:test|valid(?:ation)?|dev|eval)(?:[^a-z]|$)")


class EvaluatedSetError(ValueError):
    """A set, or a part of one, that figures are reported on."""


def refuse_evaluated(name: str, where: str) -> None:
    """Raise EvaluatedSetError for a set that is evaluated, and for a file or split of another that is not its train
    part; ValueError for a format that is none."""
    if name not in READERS:
        raise ValueError(f"{name}: no such format; those to learn from are {', '.join(sorted(TRAINABLE))}")
    if name in EVALUATED:
        raise EvaluatedSetError(f"{name} is evaluated, so nothing is learned from it")
    if name not in TRAINABLE:
        raise ValueError(f"{name} is no public set; its files go to training.data.mixture as they are")
    if HELD_OUT_NAME.search(where):
        raise EvaluatedSetError(f"{name}: {where} is not the train part")


def words_of(text: str) -> str:
    """What two copies of a text have in common: its letters and digits, folded."""
    return re.sub(r"[\W_]+", "", plain_text(text).casefold())


def read_public(spec: str, fetch: Callable[[str, str], list[Path]] = hub.fetch) -> list[Row]:
    """Training rows of `FORMAT=PATH` or `FORMAT=hub:SPLIT`. Raises ValueError, EvaluatedSetError or OSError."""
    name, _, where = spec.partition("=")
    from_hub = where.startswith("hub:") or where == "hub"
    split = where.partition(":")[2] or "train"
    refuse_evaluated(name, split if from_hub else Path(where).name)
    paths = fetch(name, split) if from_hub else [Path(where)]
    rows = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such file")
        for row in READERS[name](path):
            if row["label"] in CLASS_OF:
                rows.append(training_row(row, name))
    return rows


def training_row(row: Row, name: str) -> Row:
    """A judge's row as the mixture takes it."""
    kept = {field: row[field] for field in ("id", "text", "label", "kind", "attack_type", "category") if field in row}
    return kept | {"source": row.get("source") or name, "lang": row.get("lang") or "unknown"}


def without_held_out(rows: Sequence[Row], held_out: Iterable[Path]) -> list[Row]:
    """The rows whose words no held-out row has."""
    known = {words_of(row["text"]) for row in read_rows(held_out)}
    return [row for row in rows if words_of(row["text"]) not in known]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", nargs="+", metavar="FORMAT=PATH|FORMAT=hub:SPLIT")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[], help="JSONL files that figures are reported on")
    args = parser.parse_args()
    try:
        found = [row for spec in args.sets for row in read_public(spec)]
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from None
    rows = without_held_out(found, args.held_out)
    with args.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(f"{len(rows)} rows; {len(found) - len(rows)} left out that occur in held-out files")


if __name__ == "__main__":
    main()
