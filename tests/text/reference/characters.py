"""What the steps ask of a character; scripts are read off character names."""

from __future__ import annotations

import importlib.util
import unicodedata
from functools import cache
from pathlib import Path

Pairs = list[tuple[str, int]]
EMOJI = set("😀🔥🚀👨👩👧👦🏴🏳🌈🧑💻❤⚕☠👁🗨☎✈🎉🤷♂♀😈🐱") | {chr(c) for c in range(0x1F3FB, 0x1F400)}
MODIFIERS = {chr(c) for c in range(0x1F3FB, 0x1F400)}
REGIONAL = {chr(c) for c in range(0x1F1E6, 0x1F200)}
SQUARED_EMOJI = set("🅰🅱🅾🅿")
RTL = {"HEBREW", "ARABIC", "SYRIAC", "NKO", "MANDAIC", "ADLAM"}
CURSIVE = RTL - {"HEBREW"}
INDIC = set(
    [
        "VEDIC",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
    ]
)
SOUTHEAST = set(["MYANMAR", "KHMER", "BALINESE", "JAVANESE", "SUNDANESE"])
THAI = {"THAI", "LAO"}
MONGOLIAN = {"MONGOLIAN", "PHAGS-PA"}
ALPHABETS = set(
    [
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "ARMENIAN",
        "CHEROKEE",
        "LISU",
        "COPTIC",
        "CANADIAN",
        "GEORGIAN",
        "DESERET",
        "OSAGE",
        "ELBASAN",
        "TIFINAGH",
        "RUNIC",
        "OLD",
        "LYCIAN",
        "CARIAN",
        "VAI",
        "GLAGOLITIC",
        "OGHAM",
        "GOTHIC",
    ]
)


def _load_lookalikes() -> dict[int, tuple[str, bool]]:
    path = Path(__file__).parents[3] / "tools" / "unicode" / "lookalikes.py"
    spec = importlib.util.spec_from_file_location("lookalikes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, tuple[str, bool]] = module.table()
    return table


LOOKALIKES = _load_lookalikes()


@cache
def script(c: str) -> str:
    """The script of a letter or mark, as its name tells it; marks of no script are COMBINING."""
    if c == "" or (unicodedata.category(c)[0] not in "LM" and unicodedata.category(c) != "Nd"):
        return ""
    word = unicodedata.name(c, "").split(" ")[0]
    if unicodedata.name(c, "").startswith("COMBINING CYRILLIC") and c not in "\u0485\u0486":
        return "CYRILLIC"
    if unicodedata.category(c) == "Nd" and ord(c) >= 0x80 and word not in INDIC | SOUTHEAST | THAI | RTL:
        return ""
    return "" if ord(c) < 0x80 and not c.isalpha() else word


def is_mark(c: str) -> bool:
    return c != "" and unicodedata.category(c)[0] == "M"


def is_letter(c: str) -> bool:
    return c != "" and (unicodedata.category(c)[0] == "L" or ord(c) in LOOKALIKES)


@cache
def kind(c: str) -> str:
    """Kind of an invisible character; "" for one that is seen."""
    code = ord(c)
    if c in "\u061c\u200e\u200f" or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return "bidi"
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in (0x180B, 0x180C, 0x180D, 0x180F):
        return "variation_selectors"
    if 0xE0000 <= code <= 0xE0FFF:
        return "tags"
    if c in "\u00ad\u115f\u1160\u3164\uffa0\u17b4\u17b5":
        return "fillers"
    named = "\u034f\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u2065\ufeff\ufff9\ufffa\ufffb"
    if c in named or 0x206A <= code <= 0x206F or 0xFFF0 <= code <= 0xFFF8:
        return "zero_width"
    if 0x1BCA0 <= code <= 0x1BCA3 or 0x1D173 <= code <= 0x1D17A:
        return "zero_width"
    return ""


def nfkc_changes(c: str) -> bool:
    return unicodedata.normalize("NFKC", c) != c


def family(c: str) -> str:
    """The script of a base or mark, with scripts that share marks taken together."""
    name = script(c)
    for members in (CURSIVE, INDIC, SOUTHEAST, THAI, MONGOLIAN):
        if name in members:
            return min(members)
    return name
