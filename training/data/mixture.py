"""Tokenize and weigh the training rows into one array file that the trainer samples from.

A row's weight says how often it is drawn before its loss is known. Four rules make it:
each group below gets a fixed share; inside a group so do the rows that were collected; a collected source's mass grows
with the square root of its rows, so that no template-like source dominates; a row that somebody wrote for this project
has a fixed mass, and one that the generator made a part of it, for it stands for a kind rather than for itself.

Collected texts that are encoded are read through the native core, for the model will be given what it recovers:
trained on the raw form, it convicts encoded greetings.

    python -m training.data.mixture TOKENIZER OUT.npz DATA.jsonl …
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from tinyguard import native
from training.data.generate import read_views
from training.data.repair import repaired
from training.data.rows import Row, plain_text, read_rows
from training.data.targets import target
from training.data.techniques import TECHNIQUES
from training.model.cased import COLUMNS

#: Share of the draws by group, before loss-driven sampling. Benign texts in disguise have one of their own: as a small
#: part of the hard ones they came up a quarter as often as disguised attacks, and the disguise itself was convicted.
SHARES = {
    "benign": 0.19,
    "benign_hard": 0.205,
    "benign_disguised": 0.07,
    "system_prompt": 0.11,
    "direct_injection": 0.135,
    "jailbreak": 0.125,
    "obfuscation": 0.035,
    "indirect_injection": 0.09,
    "harmful_request": 0.04,
}
#: Share of a group's draws that is its collected rows', those of `doubtful`. Without it they were 3 % of all draws, for
#: written rows are many and weigh more; n-grams rank unseen sets far better with it (training/LOG.md, section 10).
COLLECTED = {"benign": 0.45, "direct_injection": 0.7, "jailbreak": 0.7, "obfuscation": 0.4, "indirect_injection": 0.4}
#: Mass of one row within its part; what is collected has at most half a written row's.
WRITTEN, GENERATED_ATTACK, GENERATED_BENIGN = 0.2, 0.05, 0.02
#: That of the kinds of benign rows that nothing collected is like: prompts with clauses of their own, which of ordinary
#: traffic are convicted most, harmless wishes in the words of harmful ones, passages out of long texts, and remarks
#: where commands stand.
GENERATED_TWIN = 0.05
TWINS = frozenset({"guarded", "plain", "crop", "tool_remark"})
MAX_CHARS = 8000
#: Kinds of benign rows that stand for ordinary traffic.
TRAFFIC = frozenset({"user_prompt", "chat_turn", "chat_transcript", "document", "code", "email", "tool_output"})


def group(row: Row) -> str:
    """The share that a row belongs to."""
    if row["label"] != "benign":
        return str(row["label"])
    if row.get("kind") == "system_prompt":
        return "system_prompt"
    if generated(row) and row.get("attack_type") in TECHNIQUES:
        return "benign_disguised"
    return "benign_hard" if row.get("kind") == "hard_negative" or "pair" in row else "benign"


def trusted(row: Row) -> bool:
    """Whether somebody wrote the row for this project, so that its label is sure."""
    return row["source"] in ("written", "generator")


def generated(row: Row) -> bool:
    """Whether a program of this project made the row (not: wrote its words) out of others."""
    return str(row["source"]).startswith("generated")


def doubtful(row: Row) -> bool:
    """Whether a confident model may overrule the label: collected rows other than plain benign ones."""
    return not trusted(row) and not generated(row) and row.get("kind") is None


def features(row: Row) -> np.ndarray:
    """float32[F]: what the detectors say of the text that a row stands for, its case apart; a recovered view has its
    source's."""
    known = row.get("features")
    values = np.array(known if known else native.analyze(row["text"][:MAX_CHARS]).features, np.float32)
    values[COLUMNS] = 0.0
    return values


def read_through(row: Row) -> list[Row]:
    """A collected encoded attack as what the core recovers from it; nothing where it recovers nothing."""
    kind = str(row.get("attack_type"))
    if row["label"] != "obfuscation" or not kind.startswith(("enc_", "cipher_")):
        return [row]
    normalized, views, found = read_views(row["text"])
    if views:
        return [dict(row, text=view, features=found) for view in views[:2]]
    return [dict(row, text=normalized, features=found)] if normalized != row["text"] else []


def clean_twin(row: Row) -> Row | None:
    """The document of a planted row without the plant, as a benign row; None where that leaves little."""
    injection = row.get("injection")
    if row["label"] != "indirect_injection" or not injection or injection not in row["text"]:
        return None
    text = row["text"].replace(injection, "").strip()
    return dict(row, text=text, label="benign", kind="hard_negative", injection=None) if len(text) > 40 else None


def capped(rows: list[Row], cap: int, seed: int = 1) -> list[Row]:
    """At most `cap` plain benign rows of a source in one language; large sources repeat themselves, but a translation
    into many languages does not."""
    by_source: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    kept = []
    for row in rows:
        if group(row) == "benign":
            by_source[row["source"], row.get("lang")].append(row)
        else:
            kept.append(row)
    rng = random.Random(seed)
    for part in by_source.values():
        kept += part if len(part) <= cap else rng.sample(part, cap)
    return kept


def weights(rows: list[Row], written: float = WRITTEN) -> np.ndarray:
    """float64[n]: draw probability of each row; `written` is the mass of one that somebody wrote for this project."""
    sizes = Counter((group(r), r["source"]) for r in rows)
    parts = [(group(r), doubtful(r)) for r in rows]
    mass: dict[tuple[str, bool], float] = defaultdict(float)
    raw = np.empty(len(rows))
    for i, (row, part) in enumerate(zip(rows, parts, strict=True)):
        if trusted(row):
            raw[i] = written
        elif generated(row):
            mild = GENERATED_TWIN if row.get("attack_type") in TWINS else GENERATED_BENIGN
            raw[i] = mild if row["label"] == "benign" else GENERATED_ATTACK
        else:
            raw[i] = min(sizes[part[0], row["source"]] ** -0.5, WRITTEN / 2)
        mass[part] += raw[i]
    return np.array([share(part, mass) * w / mass[part] for part, w in zip(parts, raw, strict=True)])


def share(part: tuple[str, bool], mass: Mapping[tuple[str, bool], float]) -> float:
    """Share of all draws for a group's collected rows, or its others; `mass` has what there is of each part."""
    group, collected = part
    other = (group, not collected)
    if other not in mass:
        return SHARES[group]
    if group not in COLLECTED:
        return SHARES[group] * mass[part] / (mass[part] + mass[other])
    return SHARES[group] * (COLLECTED[group] if collected else 1.0 - COLLECTED[group])


def build(tokenizer: Tokenizer, rows: list[Row], written: float = WRITTEN) -> dict[str, np.ndarray]:
    """Arrays: `tokens` uint16 flat, `ends` int64[n], `weight` float64[n], `focus` int32[n, 2] (tokens that a window
    must hold; −1 where any window will do), `doubtful` bool[n], `features` float32[n, F] of the detectors, `traffic`
    bool[n] (ordinary traffic), `generated` bool[n] (made by a program), `group` int64[n] (index into SHARES), and as
    `training.data.targets` has them `class` and `code` int64[n], `severity` and `harmful` float32[n]."""
    ids: list[np.ndarray] = []
    focus = np.full((len(rows), 2), -1, np.int32)
    wanted = [target(row) for row in rows]
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        texts = [plain_text(r["text"])[:MAX_CHARS] for r in part]
        for i, (row, text, encoding) in enumerate(
            zip(part, texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True)
        ):
            ids.append(np.array(encoding.ids, np.uint16))
            injection = row.get("injection") or row.get("focus")
            at = text.find(plain_text(injection)) if injection else -1
            if at >= 0:
                first = encoding.char_to_token(at)
                last = encoding.char_to_token(min(at + len(plain_text(injection)), len(text)) - 1)
                if first is not None and last is not None:
                    focus[start + i] = first, last + 1
    return {
        "tokens": np.concatenate(ids),
        "ends": np.cumsum([len(x) for x in ids]),
        "weight": weights(rows, written),
        "focus": focus,
        "doubtful": np.array([doubtful(r) for r in rows]),
        "features": np.stack([features(r) for r in rows]),
        "traffic": np.array([r["label"] == "benign" and r.get("kind") in TRAFFIC for r in rows]),
        "generated": np.array([generated(r) for r in rows]),
        "group": np.array([list(SHARES).index(group(r)) for r in rows]),
        "class": np.array([t.label for t in wanted]),
        "code": np.array([t.code for t in wanted]),
        "severity": np.array([t.severity for t in wanted], np.float32),
        "harmful": np.array([t.harmful for t in wanted], np.float32),
    }


def select(arrays: dict[str, np.ndarray], keep: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of the rows that `keep`, bool[n], names; each group that has any left has its share of the draws."""
    n, starts = len(keep), np.concatenate([[0], arrays["ends"][:-1]])
    lengths = (arrays["ends"] - starts)[keep]
    part = {
        name: values[keep] for name, values in arrays.items() if name not in ("tokens", "ends") and len(values) == n
    }
    part["tokens"] = arrays["tokens"][np.repeat(keep, arrays["ends"] - starts)]
    part["ends"] = np.cumsum(lengths)
    mass = np.bincount(arrays["group"], arrays["weight"]), np.bincount(part["group"], part["weight"], len(SHARES))
    factor = mass[0] / np.maximum(mass[1][: len(mass[0])], 1e-300)
    part["weight"] = part["weight"] * factor[part["group"]]
    return part


def dropped_ids(path: Path) -> frozenset[str]:
    """The `id` fields of a JSONL file, as `training.data.clean` writes it."""
    return frozenset(str(row["id"]) for row in read_rows([path]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--cap", type=int, default=2500)
    parser.add_argument(
        "--written", type=float, default=WRITTEN, metavar="MASS", help="of a row written for this project (%(default)s)"
    )
    parser.add_argument("--as-is", action="store_true", help="every row once and unchanged, for held-out rows")
    parser.add_argument(
        "--drop", type=Path, help="JSONL file of the ids of rows to leave out, from training.data.clean"
    )
    args = parser.parse_args()
    drop = dropped_ids(args.drop) if args.drop else frozenset()
    read = read_rows(args.data) if args.as_is else repaired(read_rows(args.data))
    rows = [r for r in read if r["text"].strip() and r.get("id") not in drop]
    if not args.as_is:
        rows = capped([part for r in rows for part in read_through(r)], args.cap)
        rows += [twin for r in rows if (twin := clean_twin(r)) is not None]
    arrays = build(Tokenizer.from_file(str(args.tokenizer)), rows, args.written)
    keep = np.diff(arrays["ends"], prepend=0) > 0
    if not keep.all():
        raise SystemExit(f"{(~keep).sum()} rows have no token")
    np.savez(args.out, **arrays)
    print(f"{len(rows)} rows, {len(arrays['tokens'])} tokens; by group: {dict(Counter(map(group, rows)))}")


if __name__ == "__main__":
    main()
