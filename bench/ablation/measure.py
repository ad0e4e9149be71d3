"""The figures of one arm: on labelled texts, on the attack matrix, and on attacks in ordinary prose."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from bench.attacks import catalogue, matrix
from bench.attacks.padding import POSITIONS, surround
from bench.attacks.texts import BASE_TEXTS, filler, read
from bench.detector import Detector
from bench.quality.scores import Mask, Row, ScoreTable, score_rows, table
from tinyguard.evaluate import auc, detection_at

ORDINARY = "benign_"
SEED = 1
# Attacks that are put into prose, and the characters of it.
_PADDED, _PROSE = 24, 2_000

#: Technique, whether the text is an attack, and the text in its disguise.
Disguised = tuple[str, bool, str]


def thinned(rows: Sequence[Row], every: int) -> list[Row]:
    """All rows but those of ordinary traffic, of which every n-th is kept."""
    ordinary = [row for row in rows if row["set"].startswith(ORDINARY)]
    return [row for row in rows if not row["set"].startswith(ORDINARY)] + ordinary[::every]


def disguises(per_technique: int) -> list[Disguised]:
    """As many attacks and benign texts for each technique, as `bench.attacks` draws them."""
    texts = read([BASE_TEXTS])
    groups = {attack: [text for text in texts if text.attack == attack] for attack in (True, False)}
    return [
        (row.name, attack, matrix.disguise(row, text.text, SEED))
        for row in catalogue.rows()
        for attack, group in groups.items()
        if attack or row.technique.tone != "attack"
        for text in matrix.draw(row, group, per_technique, SEED)
    ]


def in_prose() -> list[str]:
    """Attacks before, after and in the middle of ordinary prose."""
    attacks = [text.text for text in read([BASE_TEXTS]) if text.attack]
    random.Random(SEED).shuffle(attacks)
    prose = filler(_PROSE, random.Random(SEED))
    return [surround(attack, prose, position) for attack in attacks[:_PADDED] for position in POSITIONS]


def measure(
    detector: Detector,
    rows: Sequence[Row],
    disguised: Sequence[Disguised],
    padded: Sequence[str],
    traffic: float | None,
) -> dict[str, Any]:
    """One arm's figures at the threshold that convicts the share `traffic` of the ordinary texts.

    Without `traffic` the threshold is the detector's own.
    """
    scored = table(score_rows(detector, rows))
    scored = scored.where(scored.counted)
    ordinary = np.array([name.startswith(ORDINARY) for name in scored.fields["set"]], np.bool_)
    threshold = detector.threshold if traffic is None else threshold_for(scored.where(ordinary), traffic)
    by_technique: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for (name, attack, _), score in zip(disguised, detector.scores([text for _, _, text in disguised]), strict=True):
        by_technique[attack, name].append(bool(score >= threshold))
    convicted = scored.score >= threshold
    return {
        "threshold": threshold,
        "auc": auc(scored.score, scored.attack),
        "detection_at_fpr_0.01": detection_at(scored.score, scored.attack, 0.01),
        "detection": _share(convicted, scored.attack),
        "traffic": _share(convicted, ordinary),
        "fpr_elsewhere": _share(convicted, ~scored.attack & ~ordinary),
        "matrix": fmean(fmean(hits) for (attack, _), hits in by_technique.items() if attack),
        "matrix_benign": fmean(fmean(hits) for (attack, _), hits in by_technique.items() if not attack),
        "in_prose": float(np.mean(detector.scores(padded) >= threshold)),
    }  # fmt: skip


def threshold_for(ordinary: ScoreTable, rate: float) -> float:
    """The lowest threshold that convicts at most this share of the texts."""
    scores = np.sort(ordinary.score)[::-1]
    allowed = int(rate * len(scores) + 1e-9)
    return float(np.nextafter(scores[allowed], 2.0)) if allowed < len(scores) else 0.0


def _share(convicted: Mask, among: Mask) -> float | None:
    return float(convicted[among].mean()) if among.any() else None
