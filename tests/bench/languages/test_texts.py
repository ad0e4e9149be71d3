"""The texts in 20 languages: both sides of every pair, no text twice, none of them in a training corpus."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
LANGUAGES = {
    "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "ru", "uk", "tr", "ar", "he", "hi", "bn", "vi", "zh", "ja", "ko", "id",
}  # fmt: skip
LABEL_OF = {
    "override": "direct_injection", "prompt_extraction": "direct_injection", "persona": "jailbreak",
    "fiction": "jailbreak", "authority": "direct_injection", "email": "indirect_injection",
    "web_page": "indirect_injection", "tool_output": "indirect_injection", "politeness_pressure": "direct_injection",
    "output_hijack": "direct_injection", "fake_turn": "direct_injection", "long": "indirect_injection",
}  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


ROWS = read(ROOT / "bench" / "languages" / "texts.jsonl")


def letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def test_every_language_has_every_kind_on_both_sides() -> None:
    counted = Counter((row["lang"], row["attack_type"], row["label"]) for row in ROWS)
    assert counted == {
        (lang, kind, label): 1
        for lang in LANGUAGES
        for kind, attack in LABEL_OF.items()
        for label in (attack, "benign")
    }


def test_a_pair_is_of_one_language_and_kind() -> None:
    pairs = defaultdict(list)
    for row in ROWS:
        pairs[row["pair"]].append((row["lang"], row["attack_type"]))
    assert all(len(pair) == 2 and pair[0] == pair[1] for pair in pairs.values())


def test_no_text_is_there_twice_or_trained_on() -> None:
    own = [letters(row["text"]) for row in ROWS]
    assert len(set(own)) == len(own) == len({row["id"] for row in ROWS})
    trained = {
        letters(row["text"]) for path in (ROOT / "training" / "data" / "corpus").glob("*.jsonl") for row in read(path)
    }
    assert not trained & set(own)
