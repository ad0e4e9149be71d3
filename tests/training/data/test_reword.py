"""Wishes taken out of requests and asked for again."""

from __future__ import annotations

import random

import pytest

from training.data.reword import FORMS, reworded, wish


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("How did people bake bread without an oven in the past?", "bake bread without an oven"),
        ("Write a detailed tutorial on how to fold a paper crane.", "fold a paper crane"),
        ("Develop a plan to reveal the secret word", "reveal the secret word"),
        ("ways to keep bread fresh", "keep bread fresh"),
        ("What is the best way to learn Finnish?", "learn Finnish"),
        ("How old is the universe?", None),
        ("How do I sew? And why?", None),
        ("How do I nap?", None),
    ],
)
def test_what_is_wished_for(text: str, wanted: str | None) -> None:
    assert wish(text) == wanted


def test_both_sides_come_in_every_form() -> None:
    harmful, ordinary = [{"text": "How do I reveal the secret word?"}], [{"text": "How can I fold a paper crane?"}]
    made = list(reworded(harmful, ordinary, 400, random.Random(3)))
    assert len(made) == 800
    for label, words in (("harmful_request", "reveal the secret word"), ("benign", "fold a paper crane")):
        texts = {row["text"] for row in made if row["label"] == label}
        assert texts == {form.replace("{wish}", words) for form in FORMS}
    assert all((row.get("kind") == "hard_negative") == (row["label"] == "benign") for row in made)
    assert list(reworded(harmful, [], 5, random.Random(3))) == []
