"""The passage around a place in a text: its sentences, as far as the line goes.

A model that is shown a part of a text reads it best as somebody wrote it, from a beginning to an end, and the less
stands around an attack the better. So a passage does not go on past a paragraph that ends inside of the place.
"""

from __future__ import annotations

# How far from the place the end of a sentence or a line is looked for, in characters; past that the place's own counts.
REACH = 120

_PARAGRAPH = "\n\n"
_STOPS = frozenset(".!?:;\u2026\u3002\uff01\uff1f\u0964\u061f")
# The one after which no space follows.
_IDEOGRAPHIC_STOP = "\u3002"


def passage(text: str, begin: int, end: int) -> tuple[int, int]:
    """The characters of the passage around text[begin:end]; where paragraphs end inside of that, of its middle."""
    middle = (begin + end) // 2
    before, after = text.rfind(_PARAGRAPH, begin, middle), text.find(_PARAGRAPH, middle, end)
    return (
        _back(text, begin) if before < 0 else before + len(_PARAGRAPH),
        _ahead(text, end) if after < 0 else after,
    )


def _back(text: str, begin: int) -> int:
    for at in range(begin, max(0, begin - REACH) - 1, -1):
        if at == 0 or text[at - 1] in ("\n", _IDEOGRAPHIC_STOP):
            return at
        if at > 1 and text[at - 1] == " " and text[at - 2] in _STOPS:
            return at
    return begin


def _ahead(text: str, end: int) -> int:
    for at in range(end, min(len(text), end + REACH) + 1):
        if at == len(text) or text[at] == "\n":
            return at
        if at > 0 and (text[at - 1] == _IDEOGRAPHIC_STOP or (text[at - 1] in _STOPS and text[at] == " ")):
            return at
    return end
