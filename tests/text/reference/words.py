"""Words whose letters look like Latin ones."""

from __future__ import annotations

import itertools
import re

from tests.text.reference.characters import ALPHABETS, LOOKALIKES, is_letter, is_mark, kind, script


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
