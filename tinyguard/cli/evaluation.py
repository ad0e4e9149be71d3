"""``tinyguard eval``: labelled JSON lines to a table by set."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from tqdm import tqdm

from tinyguard.cli.common import EXIT_SAFE, UsageError, add_guard_options, existing, make_guard, positive
from tinyguard.cli.jsonl import Case, groups, read_cases
from tinyguard.evaluate import LABELS, metrics, table
from tinyguard.guard import Guard

GROUP_CASES = 512
GROUP_CHARACTERS = 1 << 20
#: The row of all sets together.
TOTAL = "all"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("eval", help="measure the guard on labelled JSON lines", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines with `text`, `label` and perhaps `set`")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--by", metavar="FIELD", help="group by this field (lang, attack_type, source …) and not by set"
    )
    parser.add_argument("--scores", metavar="FILE", help="also write set, id, label and score of every text here")
    parser.add_argument("--batch-size", type=positive, default=32, help="texts in one run of the model (default: 32)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_guard_options(parser)
    parser.set_defaults(run=run)


class Column:
    """What is kept of each text of a set."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.labels: list[str] = []
        self.thresholds: list[float] = []


def run(options: argparse.Namespace) -> int:
    for name in options.files:
        existing(name)
    guard = make_guard(options)
    sets: dict[str, Column] = {}
    records: list[dict[str, Any]] = []
    size = sum(Path(name).stat().st_size for name in options.files)
    with tqdm(total=size, unit="B", unit_scale=True, desc="eval", disable=options.quiet, file=sys.stderr) as bar:
        for name in options.files:
            _scan(guard, Path(name), options, sets, records if options.scores else None)
            bar.update(Path(name).stat().st_size)
    if not sets:
        raise UsageError("eval: no labelled text in these files")
    rows = {name: _metrics(column) for name, column in sorted(sets.items())}
    total = Column()
    for column in sets.values():
        total.scores += column.scores
        total.labels += column.labels
        total.thresholds += column.thresholds
    rows[TOTAL] = _metrics(total)
    if options.scores:
        Path(options.scores).write_text("".join(json.dumps(record) + "\n" for record in records))
    policy = guard.policy
    if options.json:
        model = guard.info()["model"]
        about = {"model": model["name"], "version": model["version"], "policy": policy.to_dict()}
        print(json.dumps({**about, "sets": rows}, indent=2))
    else:
        print(table(rows))
        print(f"policy {policy.name}, threshold {policy.threshold:g}; harmful requests are flagged apart, not counted")
    return EXIT_SAFE


def _metrics(column: Column) -> dict[str, Any]:
    return metrics(column.scores, column.labels, column.thresholds)


def _scan(
    guard: Guard,
    path: Path,
    options: argparse.Namespace,
    sets: dict[str, Column],
    records: list[dict[str, Any]] | None,
) -> None:
    for group in groups(_cases(path), GROUP_CASES, GROUP_CHARACTERS):
        sound = [case for case in group if _labelled(case, path)]
        texts, roles = [case.text for case in sound], [case.role for case in sound]
        for case, verdict in zip(sound, guard.classify_batch(texts, options.batch_size, roles), strict=True):
            fields = case.fields or {}
            name = str(fields.get("set") or path.name.removesuffix(".gz").removesuffix(".jsonl"))
            group_name = name if options.by is None else str(fields.get(options.by) or "–")
            column = sets.setdefault(f"{TOTAL} (set)" if group_name == TOTAL else group_name, Column())
            column.scores.append(verdict.score)
            column.labels.append(fields["label"])
            column.thresholds.append(guard.policy.bands(case.role).threshold)
            if records is not None:
                about = {"set": name, "id": case.id, "label": fields["label"], "score": verdict.score}
                records.append({**about, "threat_type": verdict.threat_type, "view": verdict.view})


def _cases(path: Path) -> Iterator[Case]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from read_cases(cast(BinaryIO, file))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: damaged gzip file: {error}") from None


def _labelled(case: Case, path: Path) -> bool:
    problem = case.error
    label = (case.fields or {}).get("label")
    if problem is None and not (isinstance(label, str) and label in LABELS):
        problem = f"label is not one of {', '.join(sorted(LABELS))}"
    if problem is not None:
        print(f"tinyguard: {path}: line {case.line}: {problem}", file=sys.stderr)
    return problem is None
