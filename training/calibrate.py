"""Measure calibration, routing and thresholds through the guard itself and write them into `model.json`.

In this order, for each rests on those before:

1. Temperature and benign bias of the fast branch's answers, and of those that the deep branch had a part in: the ones
   that make the scores of all labelled rows most likely (Platt 1999; Guo et al. 2017, "On calibration of modern neural
   networks"), for training draws attacks far more often than traffic has them. Every row is read both ways for this,
   with the route forced. They are searched on the windows that decided, whose odds the judge has divided by the number
   of windows by then, and keep the order of a branch's scores.
2. The router's threshold: this share of ordinary texts is answered by the fast branch alone, in all of their windows.
   Ordinary are the files named `benign_*` and the texts of `--traffic`.
3. The guard's thresholds, with routing as it then is. Each is named by its budget: the share of the files named
   `benign_*` that it may flag.

    python -m training.calibrate tinyguard/weights DEV.jsonl … [--traffic TEXTS.jsonl …]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tinyguard import Guard, native
from tinyguard.judge import Finding, Scan
from tinyguard.modelfile import Calibration
from tinyguard.network import Reading
from tinyguard.runtime import Window
from training.data.rows import read_rows

BUDGETS = {"strict": 0.05, "balanced": 0.02, "permissive": 0.005}
FAST_SHARE = 0.8
NEUTRAL = {branch: Calibration(1.0, 0.0) for branch in ("fast", "deep")}
#: Router thresholds that send everything one way; its probabilities lie in [0, 1].
FORCED = {"fast": -1.0, "deep": 2.0}
#: Texts that are looked at together.
CHUNK = 256


def write_manifest(folder: Path, **fields: object) -> None:
    path = folder / "model.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def set_up(guard: Guard, calibration: Mapping[str, Calibration], router_threshold: float) -> None:
    """Let a guard answer as if `model.json` said so; the file itself is written when everything is known."""
    network = guard._runtime.network
    network.folder = dataclasses.replace(network.folder, calibration=calibration)
    network.router_threshold = router_threshold


def scores(guard: Guard, texts: Sequence[str]) -> np.ndarray:
    """float64[n]: the guard's scores."""
    return np.array([verdict.score for verdict in guard.classify_batch(texts)], np.float64)


class Routed(Scan):
    """A scan that remembers how near it came to the deep branch."""

    __slots__ = ("stay",)

    def _found(self, window: Window, reading: Reading) -> Finding:
        self.stay = min(getattr(self, "stay", 1.0), reading.stay)
        return super()._found(window, reading)


def routed(guard: Guard, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """float64[n] each: the guard's scores, and the router's smallest probability of staying fast over a text's windows
    (1 where there are none)."""
    found: list[tuple[float, float]] = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        scans = [Routed(native.analyze(text), "user", guard._folder.classes) for text in chunk]
        guard._read(scans, 32)
        found += [(guard._close(scan, 0.0).score, getattr(scan, "stay", 1.0)) for scan in scans]
    score, stay = np.array(found).T
    return score, stay


def router_threshold(stay: np.ndarray, share: float) -> float:
    """The highest threshold at which at least this share stays fast (`stay >= threshold`)."""
    return float(np.sort(stay)[::-1][max(0, int(np.ceil(share * len(stay) - 1e-9)) - 1)])


def threshold_for(score: np.ndarray, budget: float) -> float:
    """The lowest threshold of four digits that convicts (`score >= threshold`) at most this share of these texts, or 1
    where none does."""
    allowed = int(np.floor(budget * len(score) + 1e-9))
    bound = np.sort(score)[::-1][min(allowed, len(score) - 1)]
    return min(1.0, float(np.floor(bound * 1e4) + 1) / 1e4)


def best_temperature(score: np.ndarray, label: np.ndarray, weight: np.ndarray) -> float:
    """The temperature that minimizes the weighted log loss of binary scores; logits are taken from the scores."""
    p = np.clip(score, 1e-6, 1 - 1e-6)
    logit = np.log(p / (1 - p))
    grid = np.geomspace(0.3, 4.0, 120)
    loss = [float((weight * np.logaddexp(0, np.where(label, -1, 1) * logit / t)).sum()) for t in grid]
    return float(grid[int(np.argmin(loss))])


def best_calibration(score: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """Temperature and shift of the scores' log-odds (`logit / temperature − shift`) with the least log loss."""
    p = np.clip(score, 1e-6, 1 - 1e-6)
    logit, sign = np.log(p / (1 - p)), np.where(label, -1, 1)
    temperatures, shifts = np.geomspace(0.2, 4.0, 40), np.linspace(-8.0, 8.0, 41)
    for _ in range(2):
        loss = [[np.logaddexp(0, sign * (logit / t - b)).mean() for b in shifts] for t in temperatures]
        row, column = np.unravel_index(int(np.argmin(loss)), (len(temperatures), len(shifts)))
        best = float(temperatures[row]), float(shifts[column])
        temperatures, shifts = best[0] * np.geomspace(0.9, 1.1, 21), best[1] + np.linspace(-0.4, 0.4, 21)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+", help="labelled rows")
    parser.add_argument("--traffic", type=Path, nargs="*", default=[], help="further ordinary texts, for the router")
    parser.add_argument("--fast-share", type=float, default=FAST_SHARE, help="of ordinary texts")
    parser.add_argument("--every", type=int, default=5, help="the calibration is fitted on every n-th row")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    rows = [
        dict(r, file=path.stem) for path in args.files for r in read_rows([path]) if r["label"] != "harmful_request"
    ]
    calm = [r["text"] for r in rows if r["file"].startswith("benign_")]
    if not calm:
        parser.error("no file is named benign_*: there is nothing to measure the budgets on")
    sample = rows[:: args.every]
    texts, label = [r["text"] for r in sample], np.array([r["label"] != "benign" for r in sample])

    guard = Guard(model=args.model, threads=args.threads)
    calibration = {}
    for branch, threshold in FORCED.items():
        set_up(guard, NEUTRAL, threshold)
        fitted = best_calibration(scores(guard, texts), label)
        calibration[branch] = Calibration(*(round(value, 4) for value in fitted))
    set_up(guard, calibration, FORCED["fast"])
    score, stay = routed(guard, calm + [r["text"] for r in read_rows(args.traffic)])
    router = router_threshold(stay, args.fast_share)
    set_up(guard, calibration, router)
    # A text that stays fast has its score by now.
    unsure = np.flatnonzero(stay[: len(calm)] < router)
    score[unsure] = scores(guard, [calm[i] for i in unsure])
    score = score[: len(calm)]
    thresholds = {name: threshold_for(score, share) for name, share in BUDGETS.items()}
    write_manifest(
        args.model,
        calibration={branch: dataclasses.asdict(part) for branch, part in calibration.items()},
        router_threshold=router,
        thresholds=thresholds,
        threshold_budgets=BUDGETS,
    )
    for branch, part in calibration.items():
        print(f"{branch}: temperature {part.temperature}, benign bias {part.benign_bias}")
    print(f"router threshold {router:.4f}: {(stay >= router).mean():.1%} of {len(stay)} ordinary texts stay fast")
    print(f"thresholds {thresholds}")


if __name__ == "__main__":
    main()
