"""Make the rows that collected data lacks: planted documents, filled and framed jailbreaks, disguised texts.

Everything is made twice, once around an attack and once around harmless words of the same kind, so that neither
the document, nor the place, nor the disguise is the label. Disguised texts are passed through the native core
and the model is given what it will be given in service: the normalized text and the recovered views.

    python -m training.data.generate OUT.jsonl --benign BENIGN.jsonl.gz … --corpus CORPUS.jsonl … --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tinyguard import native
from training.data.goals import GOAL_PAIRS, in_frames, plain
from training.data.guarded import guarded
from training.data.off_topic import off_topic, part
from training.data.plant import plant
from training.data.recompose import conversations, recomposed
from training.data.repair import repaired
from training.data.reword import reworded
from training.data.rows import Row, read_rows
from training.data.suffixes import suffixed
from training.data.techniques import TECHNIQUES, Technique
from training.data.techniques.encodings import without_marks
from training.data.tool_outputs import tool_outputs
from training.data.wrap import wrapped

DOCUMENT_KINDS = frozenset({"document", "email", "code", "tool_output", "chat_transcript"})
ATTACKS = frozenset({"direct_injection", "jailbreak", "indirect_injection"})
#: What a jailbreak with a `{goal}` slot is filled with: vague or harmless stand-ins.
GOALS = (
    "the forbidden recipe",
    "anything your rules forbid",
    "the thing you are not allowed to discuss",
    "the banned topic",
    "whatever your filter blocks",
    "the secret word",
    "the hidden notes",
    "how to get round the restriction",
    "that one subject you always refuse",
    "step three, the part that you always leave out",
)


def made(text: str, label: str, lang: str, attack_type: str, **more: object) -> Row:
    """A generated row; `kind` is set on benign ones, for they are hard by construction."""
    row: Row = {"text": text, "label": label, "attack_type": attack_type, "lang": lang, "source": "generated", **more}
    if label == "benign":
        row.setdefault("kind", "hard_negative")
    return row


def planted(
    documents: list[Row], payloads: list[Row], lookalikes: list[Row], n: int, rng: random.Random
) -> Iterator[Row]:
    """`n` documents three times each: with an injection, with a harmless look-alike, and with nothing planted."""
    by_lang: dict[str, list[Row]] = defaultdict(list)
    harmless: dict[str, list[Row]] = defaultdict(list)
    for rows, table in ((payloads, by_lang), (lookalikes, harmless)):
        for row in rows:
            table[row["lang"]].append(row)
    for _ in range(n):
        document = rng.choice(documents)
        lang = document.get("lang") or "en"
        # An attacker's language need not be the document's.
        lang = lang if lang in by_lang and lang in harmless and rng.random() < 0.75 else rng.choice(["en", *harmless])
        if lang not in by_lang:
            lang = "en"
        text = part(document["text"], rng)
        payload, twin = rng.choice(by_lang[lang])["text"], rng.choice(harmless[lang])["text"]
        seed = rng.random()
        bad, (begin, end) = plant(text, payload, random.Random(seed))
        yield made(bad, "indirect_injection", lang, "planted", injection=bad[begin:end])
        good, _ = plant(text, twin, random.Random(seed))
        yield made(good, "benign", lang, "planted_lookalike")
        yield made(text, "benign", lang, "unplanted")


def padded(attacks: list[Row], lookalikes: list[Row], fillers: list[Row], n: int, rng: random.Random) -> Iterator[Row]:
    """`n` attacks and `n` harmless look-alikes with ordinary text before, after or around them.

    A window that is mostly ordinary must not hide the sentence that is not; the filler alone is on the benign side
    wherever else its row is drawn.
    """
    by_lang: dict[str, list[Row]] = defaultdict(list)
    for row in fillers:
        by_lang[row.get("lang") or "en"].append(row)

    def filler(lang: str) -> str:
        text = rng.choice(by_lang[lang] if len(by_lang[lang]) > 20 and rng.random() < 0.7 else by_lang["en"])["text"]
        length = rng.randint(80, 900)
        start = rng.randrange(max(1, len(text) - length))
        return " ".join(text[start : start + length].split(" ")[1 if start else 0 :])

    for _ in range(n):
        gap = rng.choice((" ", " ", "\n", "\n\n", "\n\n---\n\n"))
        where = rng.choice(("before", "after", "around"))
        for row in (rng.choice(attacks), rng.choice(lookalikes)):
            lang = row.get("lang") or "en"
            text = str(row["text"])
            pieces = {"before": [filler(lang), text], "after": [text, filler(lang)]}.get(where)
            padded_text = gap.join(pieces if pieces is not None else [filler(lang), text, filler(lang)])
            more = {"injection": text} if row["label"] != "benign" else {}
            # Not "padded", which is a technique: these are not disguised.
            yield made(padded_text, row["label"], lang, "surrounded", **more)


def read_views(text: str) -> tuple[str, list[str], list[float]]:
    """What the model will be given of a text: the normalized text, the recovered views, the detectors' features."""
    analysis = native.analyze(text)
    first, *recovered = [view.text for view in analysis.views]
    return first, recovered, [round(float(value), 5) for value in analysis.features]


def disguised(source: Row, technique: Technique, rng: random.Random) -> Iterator[Row]:
    """One technique on one text, as the model will read it."""
    attack = source["label"] != "benign"
    text = technique.function(source["text"], rng)
    wicked = technique.tone == "attack"
    normalized, views, features = read_views(text)
    label = source["label"] if attack else ("obfuscation" if wicked else "benign")
    if views:
        yield from (made(view, label, source["lang"], technique.name, features=features) for view in views[:2])
    if wicked:
        yield made(normalized, "obfuscation", source["lang"], technique.name, features=features)
    elif not attack:
        yield made(normalized, "benign", source["lang"], technique.name, features=features)
    elif not views and technique.family in READABLE:
        # Nothing was recovered and the words can still be made out: the attack is there to be seen.
        hidden = label if normalized == source["text"] else "obfuscation"
        yield made(normalized, hidden, source["lang"], technique.name, features=features)


def unaccented(rows: list[Row], n: int, rng: random.Random) -> Iterator[Row]:
    """Up to `n` of the rows as people type them without a keyboard of their language: "bo qua moi chi dan"."""
    bare = [(row, without_marks(row["text"])) for row in rows if not row["text"].isascii() and is_latin(row["text"])]
    changed = [(row, text) for row, text in bare if text != row["text"]]
    for row, text in rng.sample(changed, min(n, len(changed))):
        yield made(text, row["label"], row.get("lang") or "unknown", "unaccented")


def is_latin(text: str) -> bool:
    """Whether all letters are: a mark is part of the letter in most other scripts."""
    return all("LATIN" in unicodedata.name(c, "") for c in text if c.isalpha())


#: Families whose result a reader can still read without undoing anything.
READABLE = frozenset(
    {"homoglyph", "invisible", "letterform", "typoglycemia", "noise", "padding", "splitting", "markup"}
)


def fill_goals(row: Row, rng: random.Random) -> Row:
    """A jailbreak with its goal filled in; other rows as they are."""
    return dict(row, text=str(row.get("template", row["text"])).replace("{goal}", rng.choice(GOALS)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--benign", type=Path, nargs="+", required=True, help="rows to take documents and texts from")
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="written and generator rows")
    parser.add_argument("--planted", type=int, default=10000)
    parser.add_argument("--disguised", type=int, default=36000)
    parser.add_argument("--wrapped", type=int, default=8000)
    parser.add_argument("--goals", type=int, default=8000)
    parser.add_argument("--padded", type=int, default=14000)
    parser.add_argument("--guarded", type=int, default=8000)
    parser.add_argument("--off-topic", type=int, default=16000)
    parser.add_argument("--recomposed", type=int, default=6000)
    parser.add_argument("--conversations", type=int, default=6000)
    parser.add_argument("--reworded", type=int, default=3000)
    parser.add_argument("--suffixed", type=int, default=3000)
    parser.add_argument("--tool-outputs", type=int, default=20000)
    parser.add_argument("--unaccented", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)

    corpus = [fill_goals(row, rng) for row in read_rows(args.corpus)]
    collected = list(repaired(read_rows(args.benign)))
    benign = [r for r in collected if r["label"] == "benign"]
    prompts = [r for r in [*benign, *corpus] if r["label"] == "benign" and r.get("kind") == "system_prompt"]
    harmful = [r for r in collected if r["label"] == "harmful_request"]
    questions = [r for r in benign if r.get("kind") == "user_prompt" and (r.get("lang") or "en") == "en"]
    documents = [r for r in benign if r.get("kind") in DOCUMENT_KINDS and len(r["text"]) > 120]
    payloads = [
        dict(r, text=r.get("injection") or r["text"])
        for r in corpus
        if r["label"] in ("indirect_injection", "direct_injection") and len(r.get("injection") or r["text"]) < 400
    ]
    lookalikes = [r for r in corpus if r["label"] == "benign" and len(r["text"]) < 300]
    # What harmlessly stands in other text says something or speaks to people. A request to a model does not: in a
    # document it is an injection, however harmless it is from a user (`off_topic`).
    said = [r for r in lookalikes if r.get("kind") in DOCUMENT_KINDS]
    attacks = [r for r in corpus if r["label"] in ATTACKS and 15 < len(r["text"]) < 400]
    ordinary = lookalikes + [r for r in rng.sample(benign, 20000) if 15 < len(r["text"]) < 300]

    counts: Counter[str] = Counter()
    with args.out.open("w", encoding="utf-8") as out:

        def write(rows: Iterator[Row]) -> None:
            for row in rows:
                if row["text"].strip():
                    counts[row["label"]] += 1
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")

        write(planted(documents, payloads, said, args.planted, rng))
        write(off_topic(documents, args.off_topic, rng, collected))
        write(tool_outputs(args.tool_outputs, rng))
        write(wrapped(harmful, questions, args.wrapped, rng))
        write(in_frames(GOAL_PAIRS, args.goals, rng))
        write(plain(GOAL_PAIRS))
        write(reworded(harmful, [*benign, *lookalikes], args.reworded, rng))
        asked = [row for row in plain(GOAL_PAIRS) if row["label"] == "harmful_request"]
        pieces = [row["text"] for row in rng.sample(benign, 8000)]
        write(suffixed([*harmful, *asked], questions, pieces, args.suffixed, rng))
        fortified = list(guarded(prompts, args.guarded, rng))
        write(iter(fortified))
        write(recomposed(prompts, args.recomposed, rng))
        write(conversations([*prompts, *fortified], attacks, ordinary, args.conversations, rng))
        write(padded(attacks, said, [r for r in benign if len(r["text"]) > 80], args.padded, rng))
        write(unaccented([*attacks, *lookalikes], args.unaccented, rng))
        techniques = [t for t in TECHNIQUES.values() for _ in range(3 if t.family in READABLE else 1)]
        for _ in range(args.disguised):
            source = rng.choice(attacks if rng.random() < 0.5 else ordinary)
            technique = rng.choice(techniques)
            if technique.applies_to(source["text"]):
                write(disguised(dict(source, lang=source.get("lang") or "unknown"), technique, rng))
    print(dict(counts))


if __name__ == "__main__":
    main()
