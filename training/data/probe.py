"""Over-defence repair: find the words that a model convicts on their own, and write harmless sentences around them.

Every piece of the vocabulary is given to the model alone; the suspicious ones also in a few neutral sentences. What
scores high there is a trigger word: the model has learned the word where it should have learned what attacks do with
it (Li and Liu 2024, "InjecGuard", arXiv 2410.22770). The rows are benign texts of this project's own frames around
those pieces, in the language in which a piece occurs most, for the next mixture:

    python -m training.data.probe tinyguard/weights --list pieces.jsonl --rows rows.jsonl --corpus CORPUS.jsonl …
    python -m training.data.probe RUN/last.pt --tokenizer BASE/tokenizer.json --list … --rows … --corpus …
"""

from __future__ import annotations

import argparse
import json
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from training.data.probe_frames import FRAMES, NEUTRAL, PLAIN
from training.data.rows import Row, plain_text, read_rows
from training.data.scorer import Scorer, load_scorer, tokenizer_of

#: Languages for a piece that no corpus has, by the script of its first letter.
SCRIPTS = {
    "LATIN": ("en", "de", "fr", "es", "it", "pt", "pl", "tr", "nl"), "CYRILLIC": ("ru", "uk", "bg"), "GREEK": ("el",),
    "ARABIC": ("ar", "fa"), "HEBREW": ("he",), "DEVANAGARI": ("hi",), "BENGALI": ("bn",), "TAMIL": ("ta",),
    "TELUGU": ("te",), "THAI": ("th",), "CJK": ("zh", "ja"), "HIRAGANA": ("ja",), "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
}  # fmt: skip


class Probe(NamedTuple):
    """What a model says of one piece: attack probability alone, and the mean over the neutral sentences."""

    piece: str
    alone: float
    framed: float

    @property
    def score(self) -> float:
        return max(self.alone, self.framed)


def pieces(tokenizer: Tokenizer) -> list[str]:
    """The vocabulary's pieces as they stand in a text, each once; without special ones and those that are blank."""
    special = set(tokenizer.get_added_tokens_decoder())
    found = (
        tokenizer.id_to_token(i).replace("▁", " ").strip()
        for i in range(tokenizer.get_vocab_size())
        if i not in special
    )
    return sorted({piece for piece in found if piece})


def whole_words(tokenizer: Tokenizer) -> frozenset[str]:
    """The pieces that can begin a word; others are ends and middles of words, which no sentence has alone."""
    names = (tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size()))
    return frozenset(name[1:] for name in names if name.startswith("▁"))


def attack_scores(score: Scorer, texts: Sequence[str], batch: int = 2048) -> np.ndarray:
    """float64 [n]: one minus the probability of benign."""
    parts = [score([{"text": t} for t in texts[start : start + batch]]) for start in range(0, len(texts), batch)]
    return 1.0 - np.concatenate(parts)[:, 0] if parts else np.zeros(0)


def probe(score: Scorer, texts: Sequence[str], suspects: int) -> list[Probe]:
    """Every piece alone, then the `suspects` highest in the neutral sentences; those, highest first."""
    alone = attack_scores(score, texts)
    chosen = np.argsort(-alone, kind="stable")[:suspects]
    framed = np.stack(
        [attack_scores(score, [frame.replace("{x}", texts[i]) for i in chosen]) for frame in NEUTRAL[1:]]
    ).mean(0)
    found = [Probe(texts[i], float(alone[i]), float(f)) for i, f in zip(chosen, framed, strict=True)]
    return sorted(found, key=lambda p: -p.score)


def languages(tokenizer: Tokenizer, rows: Iterable[Row]) -> dict[str, str]:
    """Piece → the language that uses it most, each language's counts as shares of its own."""
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.get("lang") in FRAMES:
            by_language[row["lang"]].append(plain_text(row["text"])[:1000])
    best: dict[str, tuple[float, str]] = {}
    for language, texts in by_language.items():
        counts: Counter[str] = Counter()
        for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
            counts.update(token.replace("▁", "") for token in encoding.tokens)
        total = counts.total()
        for piece, count in counts.items():
            best[piece] = max(best.get(piece, (0.0, "")), (count / total, language))
    return {piece: language for piece, (_, language) in best.items()}


def language_of(piece: str, known: dict[str, str], words: frozenset[str], rng: random.Random) -> str | None:
    """The language to write around a piece in; None where only language-free frames fit."""
    if piece not in words:
        return None
    if piece in known:
        return known[piece]
    letter = next((c for c in piece if c.isalpha()), None)
    script = unicodedata.name(letter, "").split(" ")[0] if letter is not None else ""
    return rng.choice(SCRIPTS[script]) if script in SCRIPTS else None


def fill(frame: str, words: Sequence[str]) -> str:
    """The frame with its words in place of {x}, {y} and {z}; doubled braces are single ones."""
    frame = frame.replace("{{", "{").replace("}}", "}")
    for slot, word in zip(("{x}", "{y}", "{z}"), words, strict=True):
        frame = frame.replace(slot, word)
    return frame


def benign_rows(
    found: Sequence[Probe], known: dict[str, str], words: frozenset[str], n: int, rng: random.Random
) -> Iterator[Row]:
    """Up to `n` different benign texts; a piece is used the more often the higher it scores, each at least once where
    there is room. A third stands in language-free frames, and one in three sentences has a second after it."""
    groups: dict[str | None, list[str]] = defaultdict(list)
    language = {p.piece: language_of(p.piece, known, words, rng) for p in found}
    for p in found:
        groups[language[p.piece]].append(p.piece)
    weights = [0.05 + p.score for p in found]
    queue = [p.piece for p in found]
    seen: set[str] = set()
    for _ in range(20 * n):
        if len(seen) >= n:
            return
        piece = queue.pop(0) if queue else rng.choices(found, weights)[0].piece
        lang = language[piece]
        others = [rng.choice(groups[lang]) for _ in range(2)]
        free = lang is None or rng.random() < 0.33
        table = PLAIN if lang is None or free else FRAMES[lang]
        frames = [rng.choice(table)]
        if not free and rng.random() < 0.33:
            frames.append(rng.choice(table))
        text = " ".join(fill(frame, [piece, *rng.sample(others, 2)]) for frame in frames)
        if text not in seen:
            seen.add(text)
            yield {
                "text": text, "label": "benign", "kind": "hard_negative", "attack_type": "probe", "trigger": piece,
                "lang": lang or "unknown", "source": "generated_probe",
            }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder, or checkpoint of training.loop.run")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.json of a checkpoint")
    parser.add_argument("--list", type=Path, required=True, help="JSONL to write: suspected pieces, highest first")
    parser.add_argument("--rows", type=Path, required=True, help="JSONL to write: benign rows for a mixture")
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="rows that say which language uses a piece")
    parser.add_argument(
        "--suspects", type=int, default=1500, help="pieces that are tried in sentences and written around"
    )
    parser.add_argument("--count", type=int, default=4000, help="rows to write")
    parser.add_argument("--threshold", type=float, default=0.5, help="score from which a piece counts as convicted")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    score = load_scorer(args.model, args.tokenizer, args.threads)
    tokenizer = Tokenizer.from_file(str(tokenizer_of(args.model, args.tokenizer)))
    texts = pieces(tokenizer)
    found = probe(score, texts, args.suspects)
    with args.list.open("w", encoding="utf-8") as out:
        for p in found:
            line = {"piece": p.piece, "alone": round(p.alone, 4), "framed": round(p.framed, 4)}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    rng = random.Random(args.seed)
    known = languages(tokenizer, read_rows(args.corpus))
    rows = list(benign_rows(found, known, whole_words(tokenizer), args.count, rng))
    with args.rows.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    alone, framed = (sum(getattr(p, name) >= args.threshold for p in found) for name in ("alone", "framed"))
    print(f"{len(texts)} pieces; at {args.threshold}, {alone} are convicted alone and {framed} in sentences;", end=" ")
    print(f"{len(rows)} rows in {len({row['lang'] for row in rows})} languages")


if __name__ == "__main__":
    main()
