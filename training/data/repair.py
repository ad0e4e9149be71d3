"""Mend what is known to be wrong in the collected rows, source by source. Each rule says what was seen.

The rest of the labels is left to `training.data.clean`, which asks a model; a model that has learned a fault from
thousands of rows does not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from training.data.rows import Row

#: Between the system prompt and the user's message in SPML's rows.
_SPML_GAP = "\n### "
#: What a user's message to SPML's assistants must say to be an attack when it stands alone: an order or a wish to leave
#: the assistant's rules, its role or its secrets.
_OVERRIDE = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget (?:about |all |any |every|the |your )|overrid\w*|bypass\w*"
    r"|unrestricted|unfiltered|without (?:any |your )?(?:restriction|filter|limit|rule|disclaimer|warning)s?"
    r"|(?:your|the|those|these|any) (?:\w+ )?(?:rules|instructions|guidelines|restrictions|protocols|prompt)"
    r"|your programming|previous(?:ly)? (?:instruct|direct|command|order|told)\w*|password|secret key"
    r"|step out(?:side)? of|break character|pretend (?:that )?you|act as (?:if|though)|between us|went against"
    r"|youre (?:not )?supposed to|just this once|make an exception)\b",
    re.IGNORECASE,
)
#: The benign controls of neuralchemy's tests: "Act as a helpful tutor and explain photosynthesis."
_CONTROL = "neuralchemy:control"
#: Kinds that are attacks in their place only: "What version number are you?", and BIPIA's tasks without the e-mail that
#: they were planted in, as "How do solar panels work?".
_HARMLESS_ALONE = ("neuralchemy:model_fingerprinting", "bipia_text_raw")


def _spml(row: Row) -> Iterator[Row]:
    """A third of the attacks are a whole system prompt with an often ordinary question behind it: most windows of them
    show an operator's orders, labelled attack. The prompt is benign; the message attacks if it reads as an attack."""
    prompt, gap, message = str(row["text"]).partition(_SPML_GAP)
    if not gap:
        prompt, message = "", prompt
    if len(prompt) > 200:
        yield dict(
            row, id=f"{row['id']}-prompt", text=prompt.strip(), label="benign", kind="system_prompt", attack_type="none"
        )
    if _OVERRIDE.search(message) and len(message) < 700:
        yield dict(row, text=message.strip())


def repaired(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with what is known to be wrong relabelled, cut or left out; other sources pass as they are."""
    for row in rows:
        kind = str(row.get("attack_type"))
        if str(row["source"]).startswith("reshabhs/SPML") and row["label"] == "direct_injection":
            yield from _spml(row)
        elif kind == _CONTROL:
            yield dict(row, label="benign", kind="hard_negative")
        elif not kind.startswith(_HARMLESS_ALONE):
            yield row
