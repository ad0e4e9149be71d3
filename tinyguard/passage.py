"""The passage around a place in a text: whole lines where they are short, else whole sentences, else the place alone.

A model that is shown a part of a text reads it best as somebody wrote it, from a beginning to an end. So a passage does
not go on past a paragraph that ends inside of the place.
"""

from __future__ import annotations

# How far from the place the end of a line, and else that of a sentence, is looked for, in characters.
LINE, SENTENCE = 250, 120

_PARAGRAPH = "\n\n"
_STOPS = frozenset(".!?:;\u2026\u3002\uff01\uff1f\u0964\u061f")


def passage(text: str, begin: int, end: int) -> tuple[int, int]:
    """The characters of the passage around text[begin:end]; where paragraphs end inside of that, of its middle."""
    middle = (begin + end) // 2
    before, after = text.rfind(_PARAGRAPH, begin, middle), text.find(_PARAGRAPH, middle, end)
    return (
        _back(text, begin) if before < 0 else before + len(_PARAGRAPH),
        _ahead(text, end) if after < 0 else after,
    )


def _back(text: str, begin: int) -> int:
    low = max(0, begin - LINE)
    line = text.rfind("\n", low, begin)
    if line >= 0:
        return line + 1
    if low == 0:
        return 0
    for at in range(begin, begin - SENTENCE, -1):
        if text[at - 1] in _STOPS and (at == begin or text[at] == " "):
            return at
    return begin


def _ahead(text: str, end: int) -> int:
    high = min(len(text), end + LINE)
    line = text.find("\n", end, high)
    if line >= 0:
        return line
    if high == len(text):
        return high
    for at in range(end, end + SENTENCE):
        if text[at] in _STOPS and text[at + 1] == " ":
            return at + 1
    return end
