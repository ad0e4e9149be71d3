"""Every code point, alone and between letters: no crash, and what normalization promises of each."""

from __future__ import annotations

from attacks.attempt import Attempt
from tinyguard import native

_ALL = 0x110000
_TOGETHER = 512


def _core(text: str) -> None:
    """The invariants of one text."""
    analysis = native.analyze(text)
    again = native.analyze(analysis.text)
    assert again.text == analysis.text
    assert not text or int(analysis.origin[-1]) == len(text)
    assert all(0 <= score <= 1 for score in analysis.detectors.values())


def alone(share: float) -> str:
    step = max(1, round(1 / share))
    for code in range(0, _ALL, step):
        _core(chr(code))
    return f"{len(range(0, _ALL, step)):,} texts of one character"


def between(share: float) -> str:
    """Each between two letters, and in a run with its neighbours."""
    step = max(1, round(1 / share))
    for code in range(0, _ALL, step):
        _core(f"a{chr(code)}b")
    for first in range(0, _ALL, _TOGETHER * step):
        _core("".join(map(chr, range(first, min(first + _TOGETHER, _ALL)))))
    return f"{len(range(0, _ALL, step)):,} texts of three"


ATTEMPTS = (
    Attempt("every code point alone", "normalization idempotent, scores in range", alone, 32),
    Attempt("every code point between letters", "normalization idempotent, scores in range", between, 32),
)
