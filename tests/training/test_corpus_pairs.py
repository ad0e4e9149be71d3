"""The corpora of close pairs (planted tasks, personas, leaks, set-up texts) and of benign guides: complete rows, both sides."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[2] / "training" / "data" / "corpus"
#: File of pairs: the label of its attacks.
PAIRED = {
    "task_plants.jsonl": "indirect_injection",
    "persona_jailbreaks.jsonl": "jailbreak",
    "prompt_leaks.jsonl": "direct_injection",
    "agent_setup.jsonl": "indirect_injection",
}
GUIDES = "benign_guides.jsonl"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", [*PAIRED, GUIDES])
def test_rows_are_complete(name: str) -> None:
    for number, row in enumerate(rows(name)):
        assert row["id"] == f"{name.removesuffix('.jsonl')}-{number}"
        assert row["text"].strip() == row["text"] != ""
        assert row["attack_type"]
        assert row["lang"]
        assert (row["source"], row["license"]) == ("generator", "Apache-2.0")
        assert row["label"] in ("benign", PAIRED.get(name))
        assert ("kind" in row) == (row["label"] == "benign")
        assert row.get("kind", "hard_negative") in ("hard_negative", "system_prompt")


@pytest.mark.parametrize("name", PAIRED)
def test_each_pair_has_both_sides_in_one_language(name: str) -> None:
    pairs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(name):
        pairs[row["pair"]].append(row)
    assert len(pairs) >= 30
    for sides in pairs.values():
        assert sorted(side["label"] for side in sides) == sorted(["benign", PAIRED[name]])
        assert len({side["lang"] for side in sides}) == 1


@pytest.mark.parametrize("name", [name for name, label in PAIRED.items() if label == "indirect_injection"])
def test_the_planted_sentence_is_in_the_attack_only(name: str) -> None:
    benign = {row["pair"]: row["text"] for row in rows(name) if row["label"] == "benign"}
    for row in rows(name):
        assert ("injection" in row) == (row["label"] != "benign")
        if "injection" in row:
            assert row["injection"] and row["injection"] in row["text"]
            assert row["injection"] not in benign[row["pair"]]


def test_guides_are_benign_and_speak_many_languages() -> None:
    guides = rows(GUIDES)
    assert all(row["label"] == "benign" and "pair" not in row for row in guides)
    assert len({row["lang"] for row in guides}) >= 12
    assert sum(row["kind"] == "system_prompt" for row in guides) >= 10


def test_no_text_twice() -> None:
    seen: dict[str, str] = {}
    for name in [*PAIRED, GUIDES]:
        for row in rows(name):
            key = "".join(c for c in row["text"].lower() if c.isalnum())
            assert key not in seen, (row["id"], seen.get(key))
            seen[key] = row["id"]
