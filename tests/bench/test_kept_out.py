"""Texts that models are judged by and must never be trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KEPT_OUT = sorted([*(ROOT / "bench/exam").glob("*.jsonl"), ROOT / "bench/languages/texts.jsonl"])
LABELS = {"benign", "direct_injection", "indirect_injection", "jailbreak", "obfuscation"}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def trained_on() -> set[str]:
    return {
        " ".join(row["text"].split()) for path in (ROOT / "training/data/corpus").glob("*.jsonl") for row in rows(path)
    }


@pytest.mark.parametrize("path", KEPT_OUT, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_texts_are_labelled_and_in_no_training_corpus(path: Path, trained_on: set[str]) -> None:
    found = rows(path)
    assert {row["label"] for row in found} <= LABELS
    assert len({row["id"] for row in found}) == len({row["text"] for row in found}) == len(found)
    assert not {" ".join(row["text"].split()) for row in found} & trained_on


def test_the_exam_is_there() -> None:
    assert len(KEPT_OUT) >= 4
