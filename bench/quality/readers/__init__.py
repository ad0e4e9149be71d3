"""Published evaluation sets, each from a local file in its published format, to the judge's rows.

A reader takes a path and gives rows with `text`, `label`, `set`, `id`, `lang` and, where the format has them,
`category` and `attack_type`. `FORMAT=PATH` on a command line chooses one of READERS; a bare path is JSON lines with
`text` and `label`. Nothing is fetched here (`hub` knows where the sets are).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.quality.readers import (
    bipia,
    cyberseceval,
    jailbreakbench,
    labelled,
    notinject,
    pint,
    rows,
    toxicchat,
    wildguard,
    xstest,
)
from bench.quality.scores import Row

#: Format name → reader.
READERS: dict[str, Callable[[Path], list[Row]]] = {
    "rows": rows.read,
    "notinject": notinject.read,
    "jbb_behaviors": jailbreakbench.read_behaviors,
    "jbb_artifacts": jailbreakbench.read_artifacts,
    "bipia": bipia.read,
    "xstest": xstest.read,
    **{name: labelled.reader(name) for name in labelled.TABLES},
    "wildguard": wildguard.read,
    "toxicchat": toxicchat.read,
    "cyberseceval": cyberseceval.read,
    "pint": pint.read,
}


def split_spec(spec: str) -> tuple[str, Path]:
    """The format and the path of `FORMAT=PATH` or `PATH`."""
    name, separator, path = spec.partition("=")
    return (name, Path(path)) if separator and name in READERS else ("rows", Path(spec))


def read_file(spec: str) -> list[Row]:
    """The rows of one file. Raises ValueError or OSError with the file's name, never with text from it."""
    name, path = split_spec(spec)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    read = READERS[name](path)
    if not read:
        raise ValueError(f"{path}: no rows in it (read as {name})")
    return read
