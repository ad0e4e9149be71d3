"""Figures on the pages that quote them."""

from __future__ import annotations

import pytest

from bench.report.card import fill

ROW = {"n": 60, "attacks": 30, "benign": 30, "detection": 0.9, "fpr": 0.1, "f1": 0.9, "auc": 0.95,
       "detection_at_fpr_1pct": 0.5, "ece": 0.02, "intervals": {"detection": [0.85, 0.95]}}  # fmt: skip
CALM = ROW | {"attacks": 0, "benign": 40, "detection": None, "f1": None, "auc": None, "fpr": 0.025}
QUALITY = {"all": ROW, "sets": {"made_up": ROW, "benign_a": CALM}, "detector": {"threshold": 0.5}}


def test_marked_parts_are_made_anew_and_the_rest_stays() -> None:
    page = "before\n<!-- quality:sets -->\nstale\n<!-- /quality:sets -->\nbetween\n<!-- quality:summary --><!-- /quality:summary -->\n"
    once = fill(page, QUALITY)
    assert once.startswith("before\n<!-- quality:sets -->\n| set |")
    assert "stale" not in once
    assert "| benign_a | 60 | – | 2.50 % | – | – | 50.0 % | 0.020 |" in once
    assert "between" in once
    assert "| all sets | 90.0 % (85.0 % – 95.0 %) | 10.00 % | 0.950 |" in once
    assert "| ordinary traffic (`benign_*`) | – | 2.50 % | – |" in once
    assert "| made_up | 90.0 % | 10.0 % | 0.950 |" in once
    assert fill(once, QUALITY) == once


def test_a_page_without_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="marks"):
        fill("nothing", QUALITY)
