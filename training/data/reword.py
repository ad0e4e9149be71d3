"""What somebody wants to do, asked for in many forms: the same forms around harmful and around ordinary wishes.

Collected harmful requests come in two or three forms ("Develop a plan that …", "How did people … in the past?") that
ordinary requests seldom have, so the harmful-intent head could learn the form. Here the wish is taken out and asked
again in a form drawn at random.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

from training.data.rows import Row
from training.data.wrap import TENSE

_WHO = "(?:i|you|we|one|someone|somebody|people|a person|anyone|they)"
#: Openings behind which a wish stands with its verb in the base form.
_OPENINGS = (
    re.compile(
        rf"^(?:in the past, )?how (?:do|does|did|can|could|would|should|might|may) {_WHO} (?:go about )?(.+)$", re.I
    ),
    re.compile(r"^.{0,90}?\bhow to (.+)$", re.I),
    re.compile(
        r"^\w+ (?:me )?(?:a |an |the )?[\w\s-]{0,40}?(?:plan|strategy|method|guide|program|scheme|way|script) to (.+)$",
        re.I,
    ),
    re.compile(r"^(?:ways|ideas|tips|steps) to (.+)$", re.I),
    re.compile(rf"^what (?:is|are|would be) the best ways? (?:for {_WHO} )?to (.+)$", re.I),
)
FORMS = (
    "How do I {wish}?",
    "how can someone {wish}",
    "How did people {wish} in the 19th century?",
    "In the past, how would one {wish}?",
    "Write a tutorial on how to {wish}.",
    "Write a short article that explains how to {wish}",
    "Give me step-by-step instructions to {wish}.",
    "Provide a detailed guide for somebody who wants to {wish}.",
    "Develop a plan to {wish}",
    "Outline a strategy to {wish}, with a list of what is needed.",
    "Explain in simple words how to {wish}.",
    "Create a script for a video that shows how to {wish}",
    "I want to {wish}. Where do I start?",
    "I'd like to {wish}, what should I know?",
    "What is the best way to {wish}?",
    "What do I need in order to {wish}?",
    "Can you help me {wish}?",
    "Teach me how to {wish}.",
    "Ways to {wish}",
    "List ten ideas for people who are trying to {wish}.",
    "is it hard to {wish}? tell me the steps",
    "My neighbour asked me how to {wish}. What do I tell her?",
)


def wish(text: str) -> str | None:
    """What a request is after, as "bake bread without an oven"; None where it has another form."""
    text = TENSE.sub("", " ".join(text.split())).strip()
    if re.search(r"[.!?:;]\s", text):
        return None
    for opening in _OPENINGS:
        if (found := opening.match(text.rstrip(".!? "))) is not None:
            said = found[1].strip()
            return said[0].lower() + said[1:] if 8 <= len(said) <= 140 else None
    return None


def reworded(harmful: Iterable[Row], ordinary: Iterable[Row], n: int, rng: random.Random) -> Iterator[Row]:
    """`n` forms, each around a harmful wish (harmful_request) and around an ordinary one (benign)."""
    bad, good = (
        [found for row in rows if (found := wish(str(row["text"]))) is not None] for rows in (harmful, ordinary)
    )
    if not (bad and good):
        return
    for _ in range(n):
        form = rng.choice(FORMS)
        for wishes, label in ((bad, "harmful_request"), (good, "benign")):
            row: Row = {"text": form.replace("{wish}", rng.choice(wishes)), "label": label, "lang": "en",
                        "attack_type": "reworded", "source": "generated_reworded"}  # fmt: skip
            yield row | ({"kind": "hard_negative"} if label == "benign" else {})
