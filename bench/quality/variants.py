"""Variants of a model folder (4-bit weights, other operators) against the model itself, on a fixed sample of texts.

    python -m bench.quality.variants MODEL VARIANT … --score FILE …

MODEL and VARIANT are what follows `tinyguard=` in `bench.quality`: FOLDER[,OPTION…]. The sample holds as many attacks
as benign texts, drawn with a seed, so that two runs on the same files see the same texts. Flips are against MODEL, all
at MODEL's balanced threshold. Loading is timed in processor seconds, with the files in the page cache.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.detector import TinyGuardDetector, folder_and_options
from bench.quality.detectors import load_detector
from bench.quality.flips import flips
from bench.quality.readers import read_file
from bench.quality.scores import Row, ScoreTable, score_rows, table
from tinyguard.evaluate import APART, POSITIVE, auc, detection_at
from tinyguard.modelfile import BUNDLED

SEED = 20
RATES = (0.01, 0.03)
LOADS = 3


def sample(rows: Sequence[Row], size: int, seed: int = SEED) -> list[Row]:
    """At most `size` rows, half of them attacks as far as there are as many of each kind, in their old order."""
    attack = np.array([row["label"] in POSITIVE for row in rows], np.bool_)
    counted = np.array([row["label"] not in APART for row in rows], np.bool_)
    random = np.random.default_rng(seed)
    kinds = [np.flatnonzero(counted & attack), np.flatnonzero(counted & ~attack)]
    share = min(size // 2, *map(len, kinds))
    chosen = np.concatenate([random.choice(kind, share, replace=False) for kind in kinds])
    return [rows[index] for index in sorted(chosen)]


def load_seconds(name: str) -> float:
    """The least processor seconds of a few loads."""
    best = float("inf")
    for _ in range(LOADS):
        start = time.process_time()
        load_detector(name)
        best = min(best, time.process_time() - start)
    return best


def size(name: str) -> float:
    """Megabytes (10⁶) of the folder's files."""
    folder, _ = folder_and_options(name)
    return sum(path.stat().st_size for path in (BUNDLED if folder is None else Path(folder)).iterdir()) / 1e6


def figures(scored: ScoreTable, first: ScoreTable, threshold: float) -> dict[str, Any]:
    """How well a variant tells attacks, and how far it is from the model."""
    change = flips(first, scored, threshold)
    found = {f"detection_at_fpr_{rate:g}": detection_at(scored.score, scored.attack, rate) for rate in RATES}
    difference = scored.score - first.score
    return {
        "auc": auc(scored.score, scored.attack),
        **found,
        **{
            name: change[name]
            for name in ("n", "flips", "per_10000", "per_10000_interval", "to_convicted", "to_allowed")
        },
        "score_difference": {"mean": float(difference.mean()), "mean_absolute": float(np.abs(difference).mean())},
    }


def compare(names: Sequence[str], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One row of figures a variant, the model itself first."""
    result = []
    first, threshold = None, 0.0
    for name in names:
        detector = load_detector(f"tinyguard={name}")
        assert isinstance(detector, TinyGuardDetector)
        scored = table(score_rows(detector, rows))
        if first is None:
            first, threshold = scored, detector.threshold
        about = {"variant": name, "megabytes": size(name), "load_seconds": load_seconds(f"tinyguard={name}")}
        result.append(about | figures(scored, first, threshold))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("variants", nargs="+", metavar="VARIANT")
    parser.add_argument("--score", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--texts", type=int, default=1000, help="size of the sample (default: %(default)s)")
    args = parser.parse_args()
    rows = sample([row for spec in args.score for row in read_file(spec)], args.texts)
    print(json.dumps(compare([args.model, *args.variants], rows), indent=1))


if __name__ == "__main__":
    main()
