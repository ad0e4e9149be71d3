"""Requests in frames of fiction, role play and hypotheses: the same frame around harmful and around ordinary ones."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from training.data.frames import LONG_FRAMES
from training.data.rows import Row
from training.data.wrappers import CLOSINGS, LAWLESS, PERSONAS, REQUESTS, SETTINGS, TEMPLATES

# Requests begin with one of these or are questions; other texts do not fit into a sentence.
COMMANDS = re.compile(
    "(?:write|give|provide|create|develop|explain|teach|describe|list|design|publish|produce|make|compose|draft|show|tell"
    "|advise|suggest|help|generate|outline|instruct|propose|summarize|rewrite|translate|find|classify|calculate|name|plan"
    "|compare|convert|identify) ",
    re.IGNORECASE,
)
# A tense that one source puts everywhere would tell the sides apart.
TENSE = re.compile(
    r",? in (?:the|previous|earlier) (?:past|future|years|times)\b|^in the (?:past|future), ", re.IGNORECASE
)
LONGEST = 220


def request(text: str) -> tuple[str, bool] | None:
    """A text as a request: without its closing mark, and whether it is a question; None where it is neither."""
    text = TENSE.sub("", " ".join(text.split()))
    if not 15 <= len(text) <= LONGEST or re.search(r"[.!?:;]\s", text):
        return None
    if text.endswith("?"):
        return text, True
    return (text.rstrip(".!: "), False) if COMMANDS.match(text) else None


def fill(template: str, text: str, question: bool) -> tuple[str, str]:
    """The frame around a request, and the request as it stands there; a command where the frame wants a question is put
    as one."""
    lower, upper = text[0].lower() + text[1:], text[0].upper() + text[1:]
    asked = upper if question else f"Could you {lower}?"
    for slot, said in (("{goal}", lower), ("{Goal}", upper), ("{question}", asked)):
        if slot in template:
            return template.replace(slot, said), said
    raise ValueError("a frame without a slot")


def framed(template: str, text: str, question: bool, label: str) -> Row:
    """The row of a frame around a request: `jailbreak` or `benign`."""
    whole, said = fill(template, text, question)
    row: Row = {"text": whole, "label": label, "attack_type": "wrapped", "lang": "en", "source": "generated_wrapped"}
    # A window of a long frame without what is asked for would be neither the one nor the other.
    return row | ({"kind": "hard_negative"} if label == "benign" else {"injection": said})


def frame(question: bool, rng: random.Random) -> str:
    """A frame that takes the request's form: a template, or persona, setting, request and closing in a row."""
    fits = (lambda t: "{question}" in t) if question else (lambda t: True)
    if (kind := rng.random()) < 0.35:
        return rng.choice([t for t in LONG_FRAMES if fits(t)])
    if kind < 0.55:
        return rng.choice([t for t in TEMPLATES if fits(t)])
    parts = [rng.choice([t for t in REQUESTS if fits(t)])]
    if rng.random() < 0.75:
        parts.insert(0, rng.choice(SETTINGS))
    if rng.random() < 0.75:
        parts.insert(0, rng.choice(PERSONAS))
    if rng.random() < 0.6:
        parts.append(rng.choice(CLOSINGS))
    return ("\n\n" if rng.random() < 0.25 else " ").join(parts)


def wrapped(harmful: list[Row], ordinary: list[Row], n: int, rng: random.Random) -> Iterator[Row]:
    """`n` frames, each with a harmful request (a jailbreak) and with an ordinary one of the same form (benign);
    one in ten is lawless, and then a jailbreak whatever it asks."""
    groups: dict[bool, tuple[list[str], list[str]]] = {True: ([], []), False: ([], [])}
    for side, rows in enumerate((harmful, ordinary)):
        for row in rows:
            if (found := request(row["text"])) is not None:
                groups[found[1]][side].append(found[0])
    forms = [form for form, (bad, good) in groups.items() if bad and good]
    for _ in range(n):
        question = rng.choice(forms)
        bad, good = (rng.choice(side) for side in groups[question])
        if rng.random() < 0.1:
            template = rng.choice([t for t in LAWLESS if not question or "{question}" in t])
            labels = ("jailbreak", "jailbreak")
        else:
            template, labels = frame(question, rng), ("jailbreak", "benign")
        for text, label in zip((bad, good), labels, strict=True):
            yield framed(template, text, question, label)
