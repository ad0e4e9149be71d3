"""Sets published as one table of text and label, as CSV, JSON or parquet: each a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.quality.readers.files import choose, field, make_row, read_records
from bench.quality.scores import Row


class Table(NamedTuple):
    """Columns of a published table, what its labels mean here, and where it is from."""

    labels: Mapping[str, str]
    source: str
    text: str = "text"
    label: str = "label"


_INJECTION = {"0": "benign", "1": "direct_injection"}

TABLES = {
    "deepset": Table(_INJECTION, "deepset/prompt-injections"),  # English and German
    "safeguard": Table(_INJECTION, "xTRam1/safe-guard-prompt-injection"),
    "qualifire": Table({"jailbreak": "jailbreak", "benign": "benign"}, "qualifire/prompt-injections-benchmark"),
    "jackhhao": Table(
        {"jailbreak": "jailbreak", "benign": "benign"}, "jackhhao/jailbreak-classification", text="prompt", label="type"
    ),
}


def reader(name: str) -> Callable[[Path], list[Row]]:
    """The reader of one of TABLES; its rows' set has the table's name."""
    table = TABLES[name]

    def read(path: Path) -> list[Row]:
        return [
            make_row(
                path,
                number,
                field(record, table.text, path, number),
                choose(table.labels, field(record, table.label, path, number), path, number),
                name,
                source=table.source,
            )
            for number, record in enumerate(read_records(path), 1)
        ]

    return read
