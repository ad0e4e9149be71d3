"""A slow, plain normalization written from the specification, to hold the native one against.

Every step works on a list of (character, position in the original) pairs or on the text that they spell. Properties come
from the standard library; emoji, which that does not know, are the few in `characters.EMOJI`.
"""

from __future__ import annotations

from tests.text.reference.combining import backspaces, marks
from tests.text.reference.forms import compose, enclosed
from tests.text.reference.invisible import clean
from tests.text.reference.words import lookalikes

COUNTED = [
    "zero_width",
    "bidi",
    "tags",
    "variation_selectors",
    "fillers",
    "controls",
    "kept",
    "homoglyphs",
    "compatibility",
    "combining_marks",
    "backspaces",
    "invalid",
]


def normalize(text: str) -> tuple[str, dict[str, int]]:
    """The normalized text and the counts of what was removed and folded."""
    counts = dict.fromkeys(COUNTED, 0)
    for _ in range(8):
        pairs = [(c, i) for i, c in enumerate(text)]
        pairs = enclosed(clean(pairs, counts), counts)
        result = "".join(c for c, _ in pairs)
        for step in (compose, marks, backspaces, lookalikes):
            result = step(result, counts)
        if result == text:
            break
        text = result
    return text, counts
