"""Variants of a model folder on a sample of texts."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from bench.quality import variants as module
from bench.quality.variants import compare, sample
from tests.tiny_model import ORDINARY, write_model

ROWS = [
    {"id": str(n), "text": f"{word} {n}", "label": label}
    for label, words in (
        ("benign", ORDINARY),
        ("direct_injection", ["ignore", "perhaps", "ignore the", "the"] * 2),
        ("harmful_request", ["venom"] * 5),
    )
    for n, word in enumerate(words)
]


def test_a_sample_is_balanced_and_the_same_again() -> None:
    chosen = sample(ROWS, 12)
    labels = [row["label"] for row in chosen]
    assert (labels.count("benign"), labels.count("direct_injection")) == (6, 6)
    assert chosen == sample(ROWS, 12) == [row for row in ROWS if row in chosen]
    assert chosen != sample(ROWS, 12, seed=1)
    assert len(sample(ROWS, 1000)) == 16  # as many benign texts as there are attacks


def test_a_model_against_another(tiny_folder: Path, tmp_path: Path) -> None:
    """With a benign bias that no trigger reaches, every attack that was found is lost."""
    calibration = {branch: {"temperature": 1.0, "benign_bias": 50.0} for branch in ("fast", "deep")}
    deaf = write_model(tmp_path / "deaf", calibration=calibration)
    first, same, other = compare([str(tiny_folder), f"{tiny_folder},operators=standard", str(deaf)], sample(ROWS, 1000))
    assert (first["n"], first["flips"], same["flips"]) == (16, 0, 0)
    assert first["auc"] == same["auc"] == pytest.approx(0.875, abs=0.05)
    assert other["flips"] == other["to_allowed"] == 4
    assert other["score_difference"]["mean"] == pytest.approx(-other["score_difference"]["mean_absolute"])
    assert first["megabytes"] == same["megabytes"] == sum(p.stat().st_size for p in tiny_folder.iterdir()) / 1e6
    assert first["load_seconds"] > 0


def test_the_command(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    arguments = [str(tiny_folder), str(copy), "--texts", "10", "--score", str(texts)]
    monkeypatch.setattr(sys, "argv", ["variants", *arguments])
    module.main()
    found = json.loads(capsys.readouterr().out)
    assert [(row["variant"], row["n"], row["flips"]) for row in found] == [
        (str(tiny_folder), 10, 0),
        (str(copy), 10, 0),
    ]
