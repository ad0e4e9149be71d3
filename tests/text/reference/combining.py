"""Piles of combining marks, and what a backspace takes back."""

from __future__ import annotations

import unicodedata

from tests.text.reference.characters import ALPHABETS, RTL, THAI, family, is_mark, kind

STRUCK = {chr(c) for c in (0x305, 0x332, 0x333, 0x33F, 0x359, 0x35A, 0x489)} | {
    chr(c)
    for a, b in ((0x334, 0x338), (0x346, 0x34F), (0x353, 0x357), (0x20D0, 0x20F0))
    for c in range(a, b + 1)
    if c != 0x20E3
}


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
