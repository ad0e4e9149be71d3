"""The generated tables against the standard library's, and inputs made to be slow."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from tests.text.reference.characters import LOOKALIKES
from tinyguard import _core


def in_both_versions(c: str) -> bool:
    return unicodedata.category(c) not in ("Cn", "Cs")


def test_nfkc_of_every_character() -> None:
    # Between letters that compose with nothing, so that one call checks them all.
    characters = [c for c in map(chr, range(sys.maxunicode + 1)) if in_both_versions(c)]
    text = "\n".join(characters)
    assert _core.nfkc(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("base", ["a", "e\u0323", "\u1100", "\uac00", "\u0041\u030a", "\u0915", "\u3046"])
def test_nfkc_of_every_mark_and_jamo_after_a_base(base: str) -> None:
    seconds = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M"]
    seconds += map(chr, range(0x1100, 0x1200))
    text = "\n".join(base + c for c in seconds) + "\n" + "\n".join(base + c + "\u0323\u0301" for c in seconds)
    assert _core.nfkc(text) == unicodedata.normalize("NFKC", text)


def test_version() -> None:
    assert tuple(map(int, _core.unicode_version.split("."))) >= (15, 0, 0)


def test_every_lookalike_folds_in_a_word_of_letters() -> None:
    for code, (letter, _) in LOOKALIKES.items():
        if code in (0x131, 0x237) or unicodedata.normalize("NFKC", chr(code)) != chr(code):
            continue
        assert _core.normalize(f"xx{chr(code)}xx").text == f"xx{letter}xx", hex(code)


HUGE = {
    "letters": "a" * 10_000_000,
    "zero-width": "\u200b" * 10_000_000,
    "selectors": "\ufe0f" * 5_000_000,
    "tags": "\U000e0041" * 5_000_000,
    "marks": "\u0301" * 1_000_000,
    "marks to sort": "a" + "\u0301\u0323" * 500_000,
    "backspaces": "a\b" * 2_000_000,
    "lines with backspaces": "a\b\n" * 1_000_000,
    "overrides": "\u202ea" * 500_000,
    "override runs": "\u202eab\u202c" * 500_000,
    "look-alike words": "а " * 1_000_000,
    "one look-alike word": "а" * 5_000_000,
    "regional indicators": "🇦" * 1_000_000,
    "squared": "🅰" * 1_000_000,
    "joined": "👩\u200d" * 500_000,
    "jamo": "\u1100\u1161\u11a8" * 300_000,
    "ligatures": "ﬁ" * 1_000_000,
    "invalid": "\ud800" * 1_000_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_text_of_one_shape_is_normalized(name: str) -> None:
    # Quadratic work would take hours; the time-out of a test is minutes.
    normalized = _core.normalize(HUGE[name])
    assert len(normalized.origin) == len(normalized.text) + 1
    assert normalized.origin[-1] == len(HUGE[name])
