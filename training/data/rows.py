"""Reading labelled rows: JSON objects a line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_rows(paths: Iterable[Path]) -> Iterator[Row]:
    """Yield the rows of JSONL files in order; a `.gz` file is decompressed on the way."""
    for path in paths:
        read = gzip.open if path.suffix == ".gz" else open
        with read(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def plain_text(text: str) -> str:
    """NFKC, as the native normalization gives it for text without tricks."""
    return unicodedata.normalize("NFKC", text)
