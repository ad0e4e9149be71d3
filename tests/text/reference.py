"""A slow, plain normalization written from the specification, to hold the native one against.

Every step works on a list of (character, position in the original) pairs. Properties come from the standard library;
scripts are read off character names. Emoji, which the standard library does not know, are the few in `EMOJI`.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import unicodedata
from functools import cache
from pathlib import Path

Pairs = list[tuple[str, int]]

EMOJI = set("😀🔥🚀👨👩👧👦🏴🏳🌈🧑💻❤⚕☠👁🗨☎✈🎉🤷♂♀😈🐱") | {chr(c) for c in range(0x1F3FB, 0x1F400)}
MODIFIERS = {chr(c) for c in range(0x1F3FB, 0x1F400)}
REGIONAL = {chr(c) for c in range(0x1F1E6, 0x1F200)}
SQUARED_EMOJI = set("🅰🅱🅾🅿")
# The regions that have a flag, of the letters that the tests use.
FLAGS = set(
    [
        "US",
        "UG",
        "SG",
        "SB",
        "SR",
        "SS",
        "GB",
        "GG",
        "GU",
        "GF",
        "GR",
        "GS",
        "BB",
        "BG",
        "BF",
        "BR",
        "BS",
        "FR",
        "RU",
        "RS",
        "DE",
        "SX",
    ]
)
STRUCK = {chr(c) for c in (0x305, 0x332, 0x333, 0x33F, 0x359, 0x35A, 0x489)} | {
    chr(c)
    for a, b in ((0x334, 0x338), (0x346, 0x34F), (0x353, 0x357), (0x20D0, 0x20F0))
    for c in range(a, b + 1)
    if c != 0x20E3
}
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
    path = Path(__file__).parents[2] / "tools" / "unicode" / "lookalikes.py"
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


def _near_rtl(before: str, after: str) -> bool:
    for side in (before[::-1][:6], after[:6]):
        letter = next((c for c in side if is_letter(c) or script(c) in RTL), "")
        if script(letter) in RTL:
            return True
    return False


def _keeps(c: str, before: str, next_raw: str, after: str) -> bool:
    last = before[-1:]
    left, right = script(last), script(after[:1])
    if kind(c) == "variation_selectors":
        if c in "\ufe0e\ufe0f":
            if last and last in "0123456789#*":
                return next_raw == "\u20e3"
            return last in EMOJI | SQUARED_EMOJI | REGIONAL and last != "" and not nfkc_changes(last)
        if c in "\u180b\u180c\u180d\u180f":
            return left in MONGOLIAN
        if left == "CJK":
            return ord(c) >= 0xE0100 or c <= "\ufe02"
        if c in "\ufe00\ufe01":
            spans = ((0x2205, 0x22FF), (0x2A00, 0x2AFF), (0x3001, 0x3002), (0x1000, 0x109F), (0xA840, 0xA877))
            return last != "" and any(a <= ord(last) <= b for a, b in spans)
        return False
    if kind(c) == "fillers":
        if c == "\u115f":
            return "\u1161" <= next_raw <= "\u11a7"
        if c == "\u1160":
            return "\u1100" <= last <= "\u115e" or "\ua960" <= last <= "\ua97c"
        return c in "\u17b4\u17b5" and left in SOUTHEAST
    if c in "\u200e\u200f\u061c":
        return last not in ("\u200e", "\u200f", "\u061c") and _near_rtl(before, after)
    if c == "\u200b":
        breaking = THAI | SOUTHEAST | {"TIBETAN"}
        return left in breaking and right in breaking
    if c == "\u180e":
        return left in MONGOLIAN
    if c not in "\u200c\u200d" or last in ("\u200c", "\u200d"):
        return False
    if c == "\u200d":
        stem = before[:-1] if last and kind(last) == "variation_selectors" else before
        joins = stem[-1:] != "" and (stem[-1] in EMOJI | SQUARED_EMOJI or stem[-1] == "\U000e007f")
        if joins and after[:1] in (EMOJI | SQUARED_EMOJI) - MODIFIERS and after:
            return True
        if right in CURSIVE:
            return True
    if left in CURSIVE | MONGOLIAN:
        return True
    brahmic = INDIC | SOUTHEAST | {"TIBETAN"}
    return left in brahmic and (unicodedata.combining(last) == 9 or right in brahmic)


def clean(pairs: Pairs, counts: dict[str, int]) -> Pairs:
    text = "".join(c for c, _ in pairs)
    out: Pairs = []
    counts["kept"] = 0
    i = 0
    while i < len(text):
        c = text[i]
        end = i
        while end < len(text) and kind(text[end]):
            end += 1
        if end > i:
            run = text[i:end]
            selectors = sum(kind(r) == "variation_selectors" for r in run)
            widths = sum(kind(r) in ("zero_width", "bidi") for r in run)
            flag = re.match("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f", run)
            kept = flag.end() if flag and out and out[-1][0] == "🏴" else 0
            out += pairs[i : i + kept]
            counts["kept"] += kept
            for k in range(i + kept, end):
                r, before = text[k], "".join(p for p, _ in out)
                sort = kind(r)
                few = selectors == 1 if sort == "variation_selectors" else sort == "fillers" or widths <= 3
                if few and sort != "tags" and _keeps(r, before, text[k + 1 : k + 2], text[end:]):
                    out.append(pairs[k])
                    counts["kept"] += 1
                elif not (selectors == 1 and r in "\ufe0e\ufe0f" and before and before[-1] in "™ℹ‼⁉Ⓜ㊗㊙"):
                    counts[sort] += 1
            i = end
            continue
        if unicodedata.category(c) == "Zs" and c != " ":
            c = " "
        elif c == "\u2800":
            if not (out and "\u2800" <= out[-1][0] <= "\u28ff") and not "\u2800" <= text[i + 1 : i + 2] <= "\u28ff":
                c = " "
                counts["fillers"] += 1
        elif c == "\r" and text[i + 1 : i + 2] == "\n":
            out.append(("\n", pairs[i][1]))
            i += 2
            continue
        elif c in "\r\v\f\x85\u2028\u2029":
            c = "\n"
        elif unicodedata.category(c) == "Cs":
            c = "\ufffd"
            counts["invalid"] += 1
        elif unicodedata.category(c) == "Cc" and c not in "\t\n\b\x7f":
            counts["controls"] += 1
            i += 1
            continue
        out.append((c, pairs[i][1]))
        i += 1
    return out


def _letter_in_box(c: str) -> tuple[str, str]:
    for first, shape, letter in (
        (0x249C, "()", "a"), (0x1F110, "()", "A"), (0x1F150, "o", "A"), (0x1F170, "[]", "A"), (0x1F1E6, "flag", "A"),
    ):  # fmt: skip
        if first <= ord(c) < first + 26:
            return shape, chr(ord(letter) + ord(c) - first)
    return "", ""


def enclosed(pairs: Pairs, counts: dict[str, int]) -> Pairs:
    text = "".join(c for c, _ in pairs)
    out: Pairs = []
    i = 0
    while i < len(text):
        shape, _ = _letter_in_box(text[i])
        if not shape:
            out.append(pairs[i])
            i += 1
            continue
        end = i
        while end < len(text) and _letter_in_box(text[end])[0] == shape:
            end += 1
            if shape == "[]" and text[end : end + 1] in ("\ufe0e", "\ufe0f"):
                end += 1
        letters = "".join(_letter_in_box(c)[1] for c in text[i:end])
        if shape == "flag":
            fold = len(letters) % 2 == 1 or any(letters[k : k + 2] not in FLAGS for k in range(0, len(letters), 2))
        elif shape == "()":
            fold = len(letters) > 1
        elif shape == "[]" and len(letters) == 1 and text[i] in SQUARED_EMOJI:
            fold = bool(re.match("[A-Za-z]", text[i - 1 : i] if i else "") or re.match("[A-Za-z]", text[end : end + 1]))
        else:
            fold = True
        for k in range(i, end):
            letter = _letter_in_box(text[k])[1]
            if not fold:
                out.append(pairs[k])
            elif letter:
                out.append((letter, pairs[k][1]))
                counts["compatibility"] += 1
        i = end
    return out


def _keeps_form(c: str) -> bool:
    if c in "\u0e33\u0eb3\u0edc\u0edd\u0587\u0675\u0676\u0677\u0678":
        return True
    full = unicodedata.normalize("NFKD", c)
    return len(full) > 1 and full[0] == " " and unicodedata.combining(full[1]) != 0


def compose(text: str, counts: dict[str, int]) -> str:
    """NFKC between the characters that keep their form."""
    for c in text:
        full = unicodedata.normalize("NFKD", c)
        compatibility = unicodedata.decomposition(c).startswith("<")
        if compatibility and not _keeps_form(c) and any(d.isascii() and d.isalnum() for d in full):
            counts["compatibility"] += 1
    parts: list[str] = []
    for c in text:
        if parts and not _keeps_form(c) and not (_keeps_form(parts[-1][0]) and not is_mark(c)):
            parts[-1] += c
        else:
            parts.append(c)
    return "".join(unicodedata.normalize("NFC" if _keeps_form(part[0]) else "NFKC", part) for part in parts)


def family(c: str) -> str:
    """The script of a base or mark, with scripts that share marks taken together."""
    name = script(c)
    for members in (CURSIVE, INDIC, SOUTHEAST, THAI, MONGOLIAN):
        if name in members:
            return min(members)
    return name


def _own_limit(group: str) -> int:
    if group in THAI:
        return 3
    if group in RTL:
        return 4
    return 2 if group in ALPHABETS or group in ("HANGUL", "CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "") else 8


def marks(text: str, counts: dict[str, int]) -> str:
    clusters: list[list[str]] = []
    for c in text:
        joined = is_mark(c) or (kind(c) != "" and ord(c) >= 0x100)
        if joined and clusters:
            clusters[-1].append(c)
        else:
            clusters.append([c])
    out = []
    for cluster in clusters:
        base, tail = cluster[0], cluster[1:]
        if is_mark(base) or kind(base):
            base, tail = "", cluster
        group = family(base)
        strict = base != "" and (ord(base) < 0x80 or group == "LATIN")
        composed = len(unicodedata.normalize("NFD", base)) - 1 if group == "LATIN" else 0
        visible = [c for c in tail if is_mark(c) and not kind(c) and c != "\u20e3"]
        own = [c for c in visible if family(c) == group and group not in ("", "COMBINING")]
        foreign = [c for c in visible if family(c) != group or group in ("", "COMBINING")]
        pile = composed + len(foreign) > 2 if foreign else False
        if pile and strict:  # the mark too many takes those before it along; after it no more marks come
            limit = max(0, 2 - composed)
            too_many = [k for k, c in enumerate(tail) if c in foreign][limit]
            rest = [c for c in tail[too_many + 1 :] if c not in foreign]
            counts["combining_marks"] += composed + len(tail) - len(rest)
            out.append(unicodedata.normalize("NFD", base)[0] + "".join(rest))
            continue
        keep_own, keep_foreign = own[: _own_limit(group)], foreign[:2]
        kept = base
        n_own = n_foreign = 0
        for c in tail:
            if c not in visible:
                kept += c
            elif family(c) == group and group not in ("", "COMBINING"):
                n_own += 1
                kept += c if n_own <= len(keep_own) else ""
                counts["combining_marks"] += n_own > len(keep_own)
            else:
                n_foreign += 1
                fits = n_foreign <= len(keep_foreign) and not (strict and c in STRUCK)
                kept += c if fits else ""
                counts["combining_marks"] += not fits
        out.append(kept)
    return "".join(out)


def backspaces(text: str, counts: dict[str, int]) -> str:
    lines = []
    for line in text.split("\n"):
        out: list[str] = []
        for c in line:
            if c not in "\b\x7f":
                out.append(c)
                continue
            counts["backspaces"] += 1
            while out and (is_mark(out[-1]) or kind(out[-1])):
                out.pop()
            if out:
                out.pop()
        lines.append("".join(out))
    return "\n".join(lines)


class Word:
    def __init__(self, text: str) -> None:
        self.text = text
        letters = [c for c in text if is_letter(c)]
        self.latin = [c for c in letters if script(c) == "LATIN"]
        self.ascii = [c for c in self.latin if c.isascii()]
        self.latin_looks = [c for c in self.latin if ord(c) in LOOKALIKES]
        self.foreign = [c for c in letters if script(c) != "LATIN"]
        self.looks = [c for c in self.foreign if ord(c) in LOOKALIKES]
        self.strong = [c for c in self.looks if LOOKALIKES[ord(c)][1]]
        sides = [script(c) == "LATIN" for c in letters]
        self.switches = sum(a != b for a, b in itertools.pairwise(sides))
        self.starts_latin = sides[:1] == [True]
        self.script = script(self.foreign[-1]) if self.foreign else ""
        self.genuine = bool(self.foreign) and not self.latin and len(self.strong) < len(self.foreign)

    def scientific(self) -> bool:
        if self.script != "GREEK" or len(self.foreign) != 1 or self.switches != 1:
            return False
        if not self.starts_latin:
            return self.text[0] == "μ" and len(self.ascii) <= 2
        return not re.search("[a-z]", self.text)

    def folds(self, latin_line: bool, near_genuine: bool) -> bool:
        if not self.foreign:
            plain = len(self.latin) == len(self.ascii) + len(self.latin_looks)
            disguised = any(c != "ı" for c in self.latin_looks)
            return plain and disguised and len(self.latin) >= 2
        if len(self.looks) < len(self.foreign):
            return False
        if not self.latin:
            return len(self.strong) == len(self.foreign) and latin_line and not near_genuine
        return not self.scientific() and not (near_genuine and self.switches == 1)


def _in_word(c: str) -> bool:
    if ord(c) < 0x80:
        return c.isalnum() or c == "_"
    alphabetic = is_letter(c) and script(c) in ALPHABETS
    return (
        alphabetic
        or (is_mark(c) and not kind(c) and script(c) in ("COMBINING", "LATIN", "GREEK", "CYRILLIC", ""))
        or ord(c) in LOOKALIKES
    )


def lookalikes(text: str, counts: dict[str, int]) -> str:
    pieces: list[tuple[bool, str]] = []
    for c in text:
        if pieces and pieces[-1][0] == _in_word(c):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + c)
        else:
            pieces.append((_in_word(c), c))
    words: list[tuple[int, Word]] = []
    line, latin_lines = 0, set()
    for inside, piece in pieces:
        if inside:
            words.append((line, Word(piece)))
            if len(words[-1][1].ascii) >= 2:
                latin_lines.add(line)
        line += piece.count("\n")
    folded = []
    for index, (at, word) in enumerate(words):
        near = [w for _, w in words[max(0, index - 8) : index] + words[index + 1 : index + 9]]
        fold = word.folds(at in latin_lines, any(w.genuine and w.script == word.script for w in near))
        result = "".join(LOOKALIKES[ord(c)][0] if ord(c) in LOOKALIKES else c for c in word.text) if fold else word.text
        counts["homoglyphs"] += sum(a != b for a, b in zip(result, word.text, strict=True))
        folded.append(result)
    remaining = iter(folded)
    return "".join(next(remaining) if inside else piece for inside, piece in pieces)


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
