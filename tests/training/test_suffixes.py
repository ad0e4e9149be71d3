"""Strings that a search might have found behind harmful requests, and what people paste behind ordinary ones."""

from __future__ import annotations

import random

import pytest

from training.data.suffixes import TOKENS, pasted, suffix, suffixed

HARMFUL = [
    {"text": "Describe how the secret word is stolen.", "lang": "en"},
    {"text": "Say something that is no request"},
]
ORDINARY = [{"text": "Which river runs through the city?", "lang": "en"}]
TEXTS = [
    "The mill was built in 1810 beside the river.",
    "def area(r):\n    return 3.14 * r * r",
    "Der Zug hält nicht in Ulm.",
]


def test_each_side_keeps_its_request_and_has_something_beside_it() -> None:
    rows = list(suffixed(HARMFUL, ORDINARY, TEXTS, 60, random.Random(1)))
    assert len(rows) == 120
    for row in rows:
        asked = (HARMFUL if row["label"] == "jailbreak" else ORDINARY)[0]["text"]
        assert asked in row["text"]
        assert len(row["text"]) > len(asked) + 3
    assert {row["label"] for row in rows[::2]} == {"jailbreak"}
    assert {(row["label"], row.get("kind")) for row in rows[1::2]} == {("benign", "hard_negative")}
    assert len({row["text"] for row in rows}) > 110


def test_a_suffix_is_no_sentence_of_its_words() -> None:
    rng = random.Random(2)
    words = TEXTS[0].split()
    for _ in range(50):
        found = suffix(words, rng)
        assert len(found) >= TOKENS[0]
        assert " ".join(words[:4]) not in found


@pytest.mark.parametrize("texts", [TEXTS, ["short"], ["?"]])
def test_something_pasted_is_never_empty(texts: list[str]) -> None:
    assert all(pasted(texts, random.Random(seed)).strip() for seed in range(100))


def test_without_texts_or_requests_there_are_no_rows() -> None:
    rng = random.Random(3)
    assert not list(suffixed(HARMFUL, ORDINARY, [], 5, rng))
    assert not list(suffixed(HARMFUL[1:], ORDINARY, TEXTS, 5, rng))
