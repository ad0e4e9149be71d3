"""System prompts with rules of their own: the prompt is whole, the rules are in it, and all of it is benign."""

from __future__ import annotations

import random

from training.data.guarded import CLAUSES, RULES, guarded

PROMPT = {
    "text": "You are a gardener.\n\nAnswer in short sentences.\n\nSpeak of roses first.",
    "label": "benign",
    "lang": "en",
}


def test_rules_stand_among_the_prompt_s_paragraphs() -> None:
    rows = list(guarded([PROMPT], 200, random.Random(2)))
    assert rows == list(guarded([PROMPT], 200, random.Random(2)))
    places, kinds = set(), set()
    for row in rows:
        assert row["label"] == "benign"
        assert row["kind"] == "system_prompt"
        said = [part for part in (*RULES, *CLAUSES) if part in row["focus"]]
        assert 1 <= len(said) <= 6
        assert row["focus"] in row["text"]
        kinds.add(any(part in CLAUSES for part in said))
        kept = [part for part in PROMPT["text"].split("\n\n") if part in row["text"]]
        assert len(kept) == 3
        places.add(row["text"].split("\n\n").index("Answer in short sentences."))
    assert places >= {1, 2}
    assert kinds == {True, False}


def test_rules_and_clauses_are_all_different() -> None:
    assert len({*RULES, *CLAUSES}) == len(RULES) + len(CLAUSES) > 300
