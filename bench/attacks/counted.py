"""What the commands that count convicted texts do with their counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.attacks.observe import observe
from bench.detector import Detector

Records = list[dict[str, Any]]


def counted(detector: Detector, kinds: Mapping[str, Sequence[str]]) -> Records:
    """One record for each kind of texts: of `n` texts, how many are convicted."""
    return [
        {"kind": kind, "n": len(texts), "convicted": sum(seen.convicted for seen in observe(detector, texts))}
        for kind, texts in kinds.items()
    ]


def save(records: Records, path: Path) -> None:
    """As JSON; the folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


def show(records: Records) -> None:
    """A line for each of `counted`."""
    for record in records:
        print(f"{record['kind']}: {record['convicted']} of {record['n']} convicted")
