"""System prompts put together anew out of collected ones, and conversations that begin with one.

Collected system prompts are few and of few houses. What a small model should learn of them is that an operator's orders
are not an attack, however they are set: so their parts are mixed, and set in the layouts that operators use. A
conversation that begins with such a prompt goes on with an attack or with an ordinary message, so that the orders
above do not decide.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from training.data.rows import Row

#: Names of a section, by what an operator might call it.
_TITLES = (
    "Role", "Context", "Task", "Rules", "Output format", "Style", "Guidelines", "Background", "Constraints", "Workflow",
    "Knowledge", "Tone", "Steps", "Skills", "Goals", "Examples", "Limits", "Audience", "Initialization", "Notes",
)  # fmt: skip
#: The second person said in the third, as descriptions of assistants do it.
_NAMES = ("This GPT", "The assistant", "The bot", "The model", "The agent", "This assistant", "Our chatbot")
#: Layouts of a conversation as a log or a chat template shows it.
_CHATS: tuple[Callable[[str, str], str], ...] = (
    lambda system, user: f"System: {system}\n\nUser: {user}",
    lambda system, user: f"### System\n{system}\n### User\n{user}",
    lambda system, user: f"<system>\n{system}\n</system>\n<user>{user}</user>",
    lambda system, user: f"[SYSTEM]\n{system}\n\n[USER]\n{user}\n\n[ASSISTANT]\n",
    lambda system, user: json.dumps(
        [{"role": "system", "content": system}, {"role": "user", "content": user}], ensure_ascii=False
    ),
    lambda system, user: f"{system}\n\n---\n\n{user}",
    lambda system, user: f"{system}\n\n{user}",
    lambda system, user: f"system_prompt: |\n  {system}\nmessage: {user}",
)


def blocks(text: str) -> list[str]:
    """A prompt's paragraphs and list items, or its sentences where it has only one paragraph."""
    parts = [part.strip() for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)", text) if part.strip()]
    if len(parts) < 3:
        parts = [part.strip() for part in re.split(r"(?<=[.!?。！？])\s+", text) if part.strip()]
    return [part for part in parts if len(part) < 600]


def third_person(text: str, name: str) -> str:
    """English orders as the description of an assistant; rough, for the grammar of an order need not survive."""
    text = re.sub(r"\b[Yy]ou are\b|\b[Yy]ou're\b", f"{name} is", text)
    text = re.sub(r"\b[Yy]ou (must|should|will|can|may|shall|never|always)\b", rf"{name} \1", text)
    return re.sub(r"\b[Yy]our\b", "its", text)


def _bare(part: str) -> str:
    return re.sub(r"^(?:[-*•#]+|\d+[.)])\s*", "", part)


def laid_out(parts: Sequence[str], rng: random.Random) -> str:
    """Blocks as one prompt, in a layout drawn at random."""
    style = rng.choice(
        ("plain", "plain", "paragraphs", "paragraphs", "bullets", "numbers", "sections", "tags", "json", "yaml")
    )
    titles = rng.sample(_TITLES, min(len(parts), len(_TITLES)))
    bare = [_bare(part) for part in parts]
    if style == "plain":
        return " ".join(bare)
    if style == "bullets":
        return "\n".join(f"{rng.choice('-*')} {part}" for part in bare)
    if style == "numbers":
        return "\n".join(f"{i}. {part}" for i, part in enumerate(bare, 1))
    if style == "sections":
        mark = rng.choice(("# {}", "## {}", "**{}**", "{}:", "[{}]", "=== {} ==="))
        return "\n\n".join(f"{mark.format(title)}\n{part}" for title, part in zip(titles, parts, strict=False))
    if style == "tags":
        names = [title.lower().replace(" ", "_") for title in titles]
        return "\n".join(f"<{name}>\n{part}\n</{name}>" for name, part in zip(names, parts, strict=False))
    if style == "json":
        return json.dumps(dict(zip(titles, bare, strict=False)), ensure_ascii=False, indent=rng.choice((None, 2)))
    if style == "yaml":
        return "\n".join(f"{title.lower()}: {part}" for title, part in zip(titles, bare, strict=False))
    return "\n\n".join(parts)


def recomposed(prompts: Sequence[Row], n: int, rng: random.Random) -> Iterator[Row]:
    """`n` system prompts out of parts of one to three others in the same language; all benign."""
    by_lang: dict[str, list[list[str]]] = defaultdict(list)
    for row in prompts:
        if len(parts := blocks(str(row["text"]))) >= 2:
            by_lang[row.get("lang") or "en"].append(parts)
    languages = [lang for lang, found in by_lang.items() for _ in found]
    for _ in range(n):
        lang = rng.choice(languages)
        chosen: list[str] = []
        for parts in rng.choices(by_lang[lang], k=rng.choice((1, 1, 2, 2, 3))):
            size = rng.randint(1, 5)
            start = rng.randrange(max(1, len(parts) - size + 1))
            chosen += parts[start : start + size]
        if rng.random() < 0.3:
            rng.shuffle(chosen)
        text = laid_out(chosen, rng)
        if lang == "en" and rng.random() < 0.3:
            text = third_person(text, rng.choice(_NAMES))
        yield {
            "text": text[:2500], "label": "benign", "attack_type": "recomposed", "kind": "system_prompt", "lang": lang,
            "source": "generated_recomposed",
        }  # fmt: skip


def conversations(
    prompts: Sequence[Row], attacks: Sequence[Row], ordinary: Sequence[Row], n: int, rng: random.Random
) -> Iterator[Row]:
    """`n` system prompts with a message below, each twice in one layout: the message attacks, or it is ordinary."""
    for _ in range(n):
        system = rng.choice(prompts)
        parts = blocks(str(system["text"]))[: rng.randint(2, 8)] or [str(system["text"])]
        text, layout = "\n".join(parts)[:900], rng.choice(_CHATS)
        for source in (rng.choice(attacks), rng.choice(ordinary)):
            message = str(source["text"])
            whole = layout(text, message)
            if message not in whole:  # JSON has escaped it, and a window could not be put around it
                whole = f"{text}\n\n{message}"
            row: Row = {"text": whole, "label": source["label"], "attack_type": "conversation",
                        "lang": system.get("lang") or "en", "source": "generated_conversation"}  # fmt: skip
            yield row | ({"kind": "hard_negative"} if source["label"] == "benign" else {"injection": message})
