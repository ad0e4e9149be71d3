"""Requests with a string behind them that a search over a model's tokens might have found.

Such a string makes a model begin its answer to a harmful request as an obedient one would (Zou et al. 2023, "GCG",
arXiv 2307.15043). Collected ones come from one attack on one model and are learned by heart, so these are made of
other pieces: cut out of words, code and other languages, joined without regard to sense, with the turns that such
searches end in. Ordinary requests are followed by something unreadable as often as that, but by what people paste:
identifiers, keys, log lines, pieces of code, keywords. So it is the kind of rubbish that counts and not that it is.
"""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Iterator, Sequence

from training.data.rows import Row
from training.data.wrap import request

#: Tokens of a suffix.
TOKENS = 8, 45
#: Shares of a suffix's pieces: cut out of words, whole words, marks, turns.
PIECES = 0.45, 0.25, 0.24, 0.06
#: Share of the pieces that stand behind another without a space.
GLUED = 0.45
#: Where the string stands: behind the request, before it, on both sides of it.
PLACES = ("{x} {s}", "{x}{s}", "{x}\n{s}", "{s} {x}", "{s} {x} {t}")
PLACE_SHARES = 0.6, 0.1, 0.12, 0.1, 0.08
MARKS = (
    *r"!?;:,.-=+*/\|&%$#@^~_<>()[]{}'`",
    "](", "){", "}{", "}}", "{{", "\\\\", "://", "=>", "->", "<?", "?>", "/*", "*/", "--", "==", "||", "&&", "##",
    "**", "\\!", "\"{", "();", "[[", "]]", "...", "!!", "\\_", "\\n", "\\(", "$$", "%%", "\"",
)  # fmt: skip
#: What an answer should begin with, or how it should be given: searches find such turns again and again.
TURNS = (
    "Sure", "Sure,", "Here is", "here's", "Step 1", "please", "Please", "revert", "instead", "reply", "Tutorial",
    "sentence", "writing", "manner", "opposite", "Now", "with", "two", "One", "ASAP", "list", "INST", "me",
    "giving", "oppositely", "seriously", "format", "exactly", "then", "again", "Ultra", "inverse", "beginning",
    "markdown", "begin",
)  # fmt: skip


def _cut(word: str, rng: random.Random) -> str:
    """A piece of a word, now and then with another case."""
    size = rng.randint(2, 7)
    start = rng.randrange(max(1, len(word) - size + 1))
    piece = word[start : start + size]
    return rng.choice((piece, piece, piece, piece.capitalize(), piece.upper(), piece.lower()))


def suffix(words: Sequence[str], rng: random.Random) -> str:
    """A string as a search over tokens finds it, out of pieces of `words`; now and then one that has only begun, which
    is a mark many times."""
    count = rng.randint(*TOKENS)
    if rng.random() < 0.04:
        return (rng.choice(("!", "x", "?", "*", ".")) + rng.choice((" ", ""))) * count
    said = ""
    for _ in range(count):
        kind = rng.choices(range(4), PIECES)[0]
        word = rng.choice(words)
        piece = (_cut(word, rng), word, rng.choice(MARKS), rng.choice(TURNS))[kind]
        said += piece if not said or rng.random() < GLUED else f" {piece}"
    return said


def pasted(texts: Sequence[str], rng: random.Random) -> str:
    """What people put behind a request that is no sentence: identifiers, keys, a piece of a text cut anywhere,
    keywords, numbers."""
    text = rng.choice(texts)
    start = rng.randrange(max(1, len(text) - 300))
    piece = text[start : start + rng.randint(40, 300)]
    kind = rng.randrange(8)
    if kind == 0:
        return " ".join(str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(rng.randint(1, 3)))
    if kind == 1:
        key = rng.choices(string.ascii_letters + string.digits + "+/", k=rng.randint(24, 120))
        return "".join(key) + "=" * rng.randrange(3)
    if kind == 2:
        name = rng.choice(("ref", "order", "ticket", "SKU", "id", "ISBN", "part no."))
        return f"{name} {rng.randrange(10**9)}-{rng.getrandbits(24):x}"
    if kind == 3:
        found = re.findall(r"\w{3,}", text)[:200] or ["red", "green"]
        return rng.choice((", ", " ", " | ", "; ")).join(rng.choices(found, k=rng.randint(5, 20)))
    if kind == 4:
        return " ".join(f"{rng.uniform(-100, 1000):.{rng.randrange(4)}f}" for _ in range(rng.randint(5, 30)))
    if kind == 5:
        return "".join(rng.choices("asdfghjkl", k=rng.randint(5, 25))) + rng.choice(("", "!!", "???", " lol"))
    # A piece of blanks is nothing beside the request.
    piece = piece.strip() or text.strip() or "..."
    return f"```\n{piece}\n```" if kind == 6 else piece


def _row(text: str, label: str, lang: str, name: str, **more: object) -> Row:
    return {
        "text": text, "label": label, "attack_type": name, "lang": lang, "source": "generated_suffix", **more
    }  # fmt: skip


def suffixed(
    harmful: Sequence[Row], ordinary: Sequence[Row], texts: Sequence[str], n: int, rng: random.Random
) -> Iterator[Row]:
    """`n` harmful requests with a found string (jailbreak), and `n` ordinary ones with something pasted (benign).

    Words and what is pasted come out of `texts`, those of other languages and code among them.
    """
    words = [word for text in texts for word in text.split()[:60] if 2 <= len(word) <= 18]
    bad, good = ([row for row in rows if request(str(row["text"])) is not None] for rows in (harmful, ordinary))
    if not (words and bad and good):
        return
    for _ in range(n):
        # Some searches come back to the same tokens again and again.
        near = rng.choices(words, k=60) if rng.random() < 0.5 else words
        found = [suffix(near, rng) for _ in range(2)]
        place = rng.choices(PLACES, PLACE_SHARES)[0]
        row = rng.choice(bad)
        text = place.replace("{x}", str(row["text"]).strip()).replace("{s}", found[0]).replace("{t}", found[1])
        yield _row(text, "jailbreak", row.get("lang") or "en", "suffix")
        row = rng.choice(good)
        place = rng.choices(PLACES[:4], PLACE_SHARES[:4])[0]
        text = place.replace("{x}", str(row["text"]).strip()).replace("{s}", pasted(texts, rng))
        yield _row(text, "benign", row.get("lang") or "en", "pasted", kind="hard_negative")
