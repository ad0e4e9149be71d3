"""Characters that are not seen: which of them a script needs, and what becomes of the others."""

from __future__ import annotations

import re
import unicodedata

from tests.text.reference.characters import (
    CURSIVE,
    EMOJI,
    INDIC,
    MODIFIERS,
    MONGOLIAN,
    REGIONAL,
    RTL,
    SOUTHEAST,
    SQUARED_EMOJI,
    THAI,
    Pairs,
    is_letter,
    kind,
    nfkc_changes,
    script,
)


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
