"""The corpora that hold pairs and single benign texts together: complete rows, whole pairs, plants where they should be."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[2] / "training" / "data" / "corpus"
FILES = (
    "about_attacks", "frames", "lookalikes", "plants", "short_direct", "soft_jailbreaks", "system_prompts", "world_docs",
    "world_guides", "world_jailbreaks",
)  # fmt: skip
ATTACKS = {"direct_injection", "indirect_injection", "jailbreak", "obfuscation"}
KINDS = {
    "hard_negative", "system_prompt", "document", "email", "code", "tool_output", "user_prompt", "chat_turn",
    "chat_transcript",
}  # fmt: skip


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_rows_are_complete(name: str) -> None:
    found = rows(name)
    assert len({row["id"] for row in found}) == len({row["text"] for row in found}) == len(found)
    for row in found:
        assert row["text"].strip()
        assert row["lang"] and row["attack_type"]
        assert (row["source"], row["license"]) == ("generator", "Apache-2.0")
        assert row["label"] == "benign" or row["label"] in ATTACKS
        assert (row.get("kind") in KINDS) == (row["label"] == "benign")


@pytest.mark.parametrize("name", FILES)
def test_a_pair_has_one_side_each(name: str) -> None:
    pairs: dict[str, list[str]] = defaultdict(list)
    for row in rows(name):
        if "pair" in row:
            pairs[row["pair"]].append(row["label"])
        else:
            assert row["label"] == "benign"
    assert all(Counter(label == "benign" for label in sides) == {True: 1, False: 1} for sides in pairs.values())


@pytest.mark.parametrize("name", FILES)
def test_a_plant_is_marked_and_stands_in_its_text(name: str) -> None:
    for row in rows(name):
        if row["label"] == "indirect_injection":
            assert row["injection"] and row["injection"] in row["text"]
