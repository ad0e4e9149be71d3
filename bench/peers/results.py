"""Labelled texts in, figures with provenance out. A result holds no text."""

from __future__ import annotations

import hashlib
import json
import platform
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.peers.catalogue import ROOT, Peer
from bench.peers.detector import THRESHOLD, joined
from bench.peers.process import Answer
from bench.quality.provenance import without_folders
from tinyguard.evaluate import LABELS, calibration_error, metrics


class Row(NamedTuple):
    """A labelled text."""

    text: str
    label: str
    set: str


def read(path: Path) -> list[Row]:
    """The rows of a labelled JSONL file; a row without `set` belongs to the set of the file's name."""
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
                row = Row(item["text"], item["label"], str(item.get("set", path.stem)))
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path}:{number}: not an object with text and label") from None
            if not isinstance(row.text, str) or row.label not in LABELS:
                raise ValueError(f"{path}:{number}: the text is not a string or the label not a known one")
            rows.append(row)
    if not rows:
        raise ValueError(f"{path}: no rows")
    return rows


def sample(rows: Sequence[Row], size: int | None, seed: int) -> list[Row]:
    """At most `size` rows of each set, in their order; the same rows for the same seed, whatever the other sets are."""
    if size is None:
        return list(rows)
    by_set: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_set.setdefault(row.set, []).append(index)
    kept = [
        index
        for name, indices in by_set.items()
        for index in random.Random(f"{seed}/{name}").sample(indices, min(size, len(indices)))
    ]
    return [rows[index] for index in sorted(kept)]


def figures(rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, Any]:
    """The figures of some rows: those of tinyguard.evaluate, the latency of a text in milliseconds, the failures.

    Detection and false positives are by the peer's own decision. The calibration error is of its own scores.
    """
    labels = [row.label for row in rows]
    found = metrics(joined(answers).tolist(), labels, THRESHOLD)
    asked = [index for index, label in enumerate(labels) if label != "harmful_request"]
    own = np.array([answers[index].score for index in asked], np.float64)
    found["ece"] = calibration_error(own, np.array([labels[index] != "benign" for index in asked], np.bool_))
    times = [answer.ms for answer in answers if answer.error is None]
    for percent in (50, 95):
        found[f"p{percent}_ms"] = float(np.percentile(times, percent)) if times else None
    found["failures"] = dict(Counter(answer.error for answer in answers if answer.error is not None))
    return found


def by_set(rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """Figures of each set, and of all rows under the key ``all``."""
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row.set, []).append(index)
    sets = {
        name: figures([rows[i] for i in indices], [answers[i] for i in indices]) for name, indices in groups.items()
    }
    return {**sets, "all": figures(rows, answers)}


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def provenance(paths: Sequence[Path], size: int | None, seed: int) -> dict[str, Any]:
    """Where figures come from: command, commit, data, machine."""
    changed = _git("status", "--porcelain")
    return {
        "command": " ".join(["python -m bench.peers", *map(without_folders, sys.argv[1:])]),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": None if changed is None else len(changed.splitlines()),
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths},
        "sample_per_set": size,
        "seed": seed if size is not None else None,
        "machine": {"system": platform.platform(), "processor": _processor(), "python": platform.python_version()},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def about(name: str, peer: Peer, version: str | None, load_s: float) -> dict[str, Any]:
    """What a result says about the peer itself. A folder is named by its last part only."""
    options = {key: Path(value).name if key == "folder" else value for key, value in peer.options.items()}
    return {
        "name": name.partition(":")[0] + (f":{options['folder']}" if "folder" in options else ""),
        "version": version,
        "kind": peer.kind,
        "decision": peer.decision,
        "score": peer.score,
        "options": options,
        "load_s": round(load_s, 3),
    }
