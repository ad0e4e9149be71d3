"""Figures on the pages that quote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.report.card import fill, renewed

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


def test_a_manifest_gets_the_sets_in_its_card_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "model.json"
    page.write_text(json.dumps({"name": "made up", "card": {"licence": "Apache-2.0"}}))
    made = json.loads(renewed(page, QUALITY))
    assert made["name"] == "made up"
    assert made["card"]["licence"] == "Apache-2.0"
    assert [row["set"] for row in made["card"]["development sets"]] == ["benign_a", "made_up", "all"]
    assert made["card"]["development sets"][1] == {
        "set": "made_up", "texts": 60, "detection": 0.9, "false positives": 0.1, "AUC": 0.95
    }  # fmt: skip
