"""Tasks that do not belong: a sentence that asks for something else, in a document about something else.

No word of such an attack tells it from a user's own request; what tells it is that it stands in a text that is about
other things, and that nobody who reads the text is meant (Yi et al. 2023, "BIPIA", arXiv 2312.14197: most of its
attacks are bare tasks). So every document comes with its counterparts: with a statement out of another document at the
same place, for a change of topic alone is no attack, and with what its own user asks about it. The tasks themselves,
alone or a few together, are what users write, and benign.

Half of the tasks are written for this project; the others come out of collected rows: what users ask in one line, and
what is planted in documents of other forms. A model that has met a task in tables alone does not find it in a letter.

The written sentences stand beside this module, one object a line: `tasks.jsonl` (`task`, `kind`, `lang`), `asks.jsonl`
(`ask`, `lang`, and the `place` before or after a document) and `asked_frames.jsonl` (`frame` with `{ask}` and `{doc}`).
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from training.data.carriers import one_line, sentences
from training.data.plant import plant
from training.data.rows import Row

HERE = Path(__file__).parent


def _read(name: str) -> tuple[dict[str, str], ...]:
    return tuple(json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines())


TASKS, ASKS = _read("tasks.jsonl"), _read("asks.jsonl")
FRAMES: tuple[str, ...] = tuple(line["frame"] for line in _read("asked_frames.jsonl"))
#: Kinds of tasks that a user may well set without a document; the others speak of an answer to something else.
ALONE = frozenset({"question", "creative", "calculation", "code", "howto", "explain", "list", "recommend", "social",
                   "opinion", "research", "business"})  # fmt: skip
#: Share of the documents, with a task or a statement in them, that their user asks something about.
ASKED_SHARE = 0.3
#: Share that stands between paragraphs, lines or sentences and in no other form that suits the document.
PROSE_SHARE = 0.5
#: Words of a statement.
STATEMENT = 5, 30
#: Share of the documents whose task is written for this project, a user's, and planted elsewhere; where a language has
#: none of a kind, it is a written one.
SHARES = 0.5, 0.3, 0.2
#: Characters of a collected task.
TASK = 12, 160


def _made(text: str, label: str, lang: str, attack_type: str, **more: object) -> Row:
    return {
        "text": text, "label": label, "attack_type": attack_type, "lang": lang, "source": "generated_off_topic", **more
    }  # fmt: skip


def by_language(lines: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """The lines of each language."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        found[line["lang"]].append(line)
    return found


def users_tasks(rows: Iterable[Row]) -> list[dict[str, str]]:
    """What users ask in one line."""
    asks = (row for row in rows if row["label"] == "benign" and row.get("kind") == "user_prompt")
    return _tasks((row["text"], row) for row in asks)


def planted_tasks(rows: Iterable[Row]) -> list[dict[str, str]]:
    """What has been planted in documents, in one line."""
    return _tasks((row.get("injection") or "", row) for row in rows if row["label"] == "indirect_injection")


def _tasks(found: Iterable[tuple[str, Row]]) -> list[dict[str, str]]:
    """Each text of a task's length once, with its language."""
    least, most = TASK
    texts = {text.strip(): row.get("lang") or "en" for text, row in found}
    fitting = (text for text in texts if least <= len(text) <= most and "\n" not in text)
    return [{"task": text, "lang": texts[text]} for text in fitting]


def asked(document: str, ask: dict[str, str], rng: random.Random) -> str:
    """A document with what its user asks about it, before or after it as the question wants."""
    place = ask.get("place", "both")
    frame = rng.choice([frame for frame in FRAMES if place in ("both", _place(frame))])
    begin, end = (("{ask}", ask["ask"]), ("{doc}", document))[:: 1 if _place(frame) == "before" else -1]
    head, _, rest = frame.partition(begin[0])
    middle, _, tail = rest.partition(end[0])
    return head + begin[1] + middle + end[1] + tail


def _place(frame: str) -> str:
    """Where a frame puts the question."""
    return "before" if frame.index("{ask}") < frame.index("{doc}") else "after"


def statement(document: str, rng: random.Random) -> str | None:
    """A sentence out of a document that says something and asks for nothing, as far as its form tells."""
    least, most = STATEMENT
    found = [
        one_line(s)
        for s in sentences(document)
        if least <= len(s.split()) <= most and s.endswith(".") and s[0].isupper()
    ]
    return rng.choice(found) if found else None


def off_topic(documents: Sequence[Row], n: int, rng: random.Random, collected: Sequence[Row] = ()) -> Iterator[Row]:
    """`n` documents, each with a task that does not belong (an indirect injection), with a statement from elsewhere at
    the same place and, every second one, with its own user's question; then the written tasks by themselves. Tasks of
    users and of other documents come out of `collected`."""
    kinds = [by_language(found) for found in (TASKS, users_tasks(collected), planted_tasks(collected))]
    asks = by_language(ASKS)
    for i in range(n):
        document, other = rng.sample(documents, 2)
        text, own = part(str(document["text"]), rng), document.get("lang") or "en"
        lang = own if rng.random() < 0.8 else "en"
        tasks = rng.choices(kinds, SHARES)[0]
        task = rng.choice(tasks.get(lang) or kinds[0].get(lang) or kinds[0]["en"])["task"]
        seed, frame = rng.random(), rng.random() < ASKED_SHARE
        carrier = "prose" if rng.random() < PROSE_SHARE else None
        ask = rng.choice(asks[own if own in asks else "en"])
        inserted = [("indirect_injection", "off_topic", task)]
        if (said := statement(str(other["text"]), rng)) is not None:
            inserted.append(("benign", "off_topic_statement", said))
        for label, name, sentence in inserted:
            whole, (begin, end) = plant(text, sentence, random.Random(seed), carrier)
            place = whole[begin:end]
            more = {"injection": place} if label != "benign" else {"kind": "document", "focus": place}
            yield _made(asked(whole, ask, rng) if frame else whole, label, own, name, **more)
        if i % 2:
            yield _made(asked(text, ask, rng), "benign", own, "asked", kind="user_prompt")
    yield from errands(n // 4, rng)


def errands(n: int, rng: random.Random) -> Iterator[Row]:
    """Every task that needs no document by itself, and `n` times two to four of them in one message; all benign."""
    alone = [line for line in TASKS if line["kind"] in ALONE]
    for line in alone:
        yield _made(line["task"], "benign", line["lang"], "errand", kind="user_prompt")
    tasks = by_language(alone)
    many = [lang for lang, found in tasks.items() if len(found) >= 4]
    for _ in range(n):
        lang = "en" if rng.random() < 0.6 else rng.choice(many)
        chosen = [line["task"] for line in rng.sample(tasks[lang], rng.randint(2, 4))]
        form = rng.choice(("{x}", "- {x}", "{i}. {x}", "{x}"))
        lines = [form.format(i=i, x=task) for i, task in enumerate(chosen, 1)]
        yield _made(rng.choice(("\n", "\n", "\n\n", " ")).join(lines), "benign", lang, "errands", kind="user_prompt")


def part(text: str, rng: random.Random) -> str:
    """A part of a long document that begins and ends between words."""
    if len(text) <= 1500:
        return text
    start, length = rng.randrange(len(text) - 1200), rng.randint(300, 1200)
    return text[start : start + length].partition(" ")[2].rpartition(" ")[0] or text[start : start + length]
