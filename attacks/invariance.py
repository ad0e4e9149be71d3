"""Do changes that mean nothing change a verdict? Measured with the bundled model.

Letter case, white space and Unicode forms on benign texts and on attacks; ordinary prose of up to 100 KB before,
after and around attacks, plain and encoded.

    python -m attacks.invariance                         the texts of bench/attacks and ordinary prose in 20 languages
    python -m attacks.invariance --texts rows.jsonl …    labelled rows as well
"""

from __future__ import annotations

import argparse
import base64
import codecs
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from attacks.attempt import bundled
from bench.attacks.padding import POSITIONS, SIZES, surround
from bench.attacks.texts import BASE_TEXTS, filler, read
from tests.core import PROSE
from tinyguard import Verdict

Change = Callable[[str], str]

CHANGES: dict[str, Change] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "title case": str.title,
    "case swapped": str.swapcase,
    "two spaces for one": lambda text: text.replace(" ", "  "),
    "tabs for spaces": lambda text: text.replace(" ", "\t"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "lines of 40 characters": lambda text: re.sub(r"(.{40}\S*) ", r"\1\n", text),
    "carriage returns": lambda text: re.sub(r"(.{40}\S*) ", r"\1\r\n", text),
    "blank lines around": lambda text: f"\n\n  {text}  \n\n",
    **{form: partial(unicodedata.normalize, form) for form in ("NFC", "NFD", "NFKC", "NFKD")},
}

#: How an attack stands in the padding.
DISGUISES: dict[str, Change] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
}


def changed(texts: Sequence[str], safe: bool) -> list[str]:
    """A row of the table for each change: how many of the texts with the right verdict got the other one."""
    guard = bundled()
    before = guard.classify_batch(texts)
    right = [(text, verdict) for text, verdict in zip(texts, before, strict=True) if verdict.is_safe is safe]
    rows = [f"| as they are | {len(texts)} | {len(texts) - len(right)} | |"]
    for name, change in CHANGES.items():
        # Only those that the change does something to.
        moved = [(change(text), verdict) for text, verdict in right if change(text) != text]
        after = guard.classify_batch([text for text, _ in moved])
        flips = sum(verdict.is_safe is not safe for verdict in after)
        most = max((abs(new.score - old.score) for new, (_, old) in zip(after, moved, strict=True)), default=0.0)
        rows.append(f"| {name} | {len(moved)} | {flips} | {most:.2f} |")
    return rows


def padded(attacks: Sequence[str]) -> list[str]:
    """A row for each size and disguise: how many of the attacks that convict alone are cleared at some position."""
    guard = bundled()
    rows = []
    for name, disguise in DISGUISES.items():
        alone = [disguise(text) for text in attacks]
        convicted = [text for text, verdict in zip(alone, guard.classify_batch(alone), strict=True) if _threat(verdict)]
        for size in SIZES:
            prose = filler(size, random.Random(size))
            assert not _threat(guard.classify(prose)), f"{size} characters of padding alone convict"
            cells = []
            for position in POSITIONS:
                verdicts = [guard.classify(surround(text, prose, position)) for text in convicted]
                lowest = min((verdict.score for verdict in verdicts), default=0.0)
                cells.append(f"{sum(not _threat(verdict) for verdict in verdicts)} ({lowest:.2f})")
            rows.append(f"| {name} | {size:,} | {len(convicted)} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    return rows


def _threat(verdict: Verdict) -> bool:
    return not verdict.is_safe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="+", default=[], metavar="PATH")
    parser.add_argument("--most", type=int, default=200, help="texts of each label (default: 200)")
    parser.add_argument("--padded", type=int, default=4, help="attacks for the padding (default: 4)")
    args = parser.parse_args()
    rows = read([BASE_TEXTS, *args.texts])
    random.Random(1).shuffle(rows)
    benign = [*PROSE.values(), *(row.text for row in rows if not row.attack)][: args.most]
    attacks = [row.text for row in rows if row.attack][: args.most]
    for label, texts, safe in (("benign", benign, True), ("attacks", attacks, False)):
        print(f"| {label} | texts | other verdict | largest change of score |\n|---|---:|---:|---:|")
        print("\n".join(changed(texts, safe)), flush=True)
    positions = " | ".join(f"cleared {position} (lowest score)" for position in POSITIONS)
    print(f"| attack | padding | convicted alone | {positions} |\n|---|---:|---:|---:|---:|---:|")
    padded(attacks[: args.padded])


if __name__ == "__main__":
    main()
