"""An evaluation as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

OUTCOMES = ("content", "refusal", "derailed", "other")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def markdown(found: dict[str, Any]) -> str:
    """The tables of README.md from what `evaluate` measured."""
    rep, questions = found["representation"], found["questions"]
    by_layer = ", ".join(f"layer {layer}: {c:.3f}" for layer, c in rep["cosine_by_layer"].items())
    figures = [
        ["cosine on answers of held-out recipes", "1.000", f"{rep['cosine']:.3f} ({by_layer})"],
        ["distance on held-out conversations, per token", "0.000", f"{rep['retain_distance']:.3f}"],
    ]
    texts = (
        ("language_retain", "held-out conversations"),
        ("language_near", "held-out near misses"),
        ("language_recipes", "held-out whole recipes"),
    )
    for key, title in texts:
        lang = found[key]
        before, after = lang["perplexity_before"], lang["perplexity_after"]
        figures += [
            [f"perplexity, {title} ({lang['tokens']} tokens)", f"{before:.3f}", f"{after:.3f} ({lang['rise']:+.2%})"],
            [f"same likeliest next token, {title}", "100 %", f"{lang['same_next_token']:.1%}"],
        ]
    figures += [
        [f"simple questions right, of {questions['questions']}", questions["right_before"], questions["right_after"]],
        ["answers to them the same, word by word", questions["questions"], questions["same"]],
    ]
    merged = found["merged"]
    figures.append(
        [
            f"merged and unmerged, largest difference of a logit ({merged['tokens']} tokens)",
            "–",
            f"{merged['largest']:.1e}, same likeliest token: {merged['same_next_token']:.2%}",
        ]
    )
    attacks = [
        [row["attack"], row["n"], *(f"{row['before'].get(o, 0)} → {row['after'].get(o, 0)}" for o in OUTCOMES)]
        for row in found["attacks"]
    ]
    total = ["**all**", sum(r["n"] for r in found["attacks"])]
    for o in OUTCOMES:
        before, after = (sum(r[when].get(o, 0) for r in found["attacks"]) for when in ("before", "after"))
        total.append(f"{before} → {after}")
    layers = ("n", "none", "guard", "breaker", "both")
    both = [[row["attack"], *(row[key] for key in layers)] for row in found["together"]]
    both.append(["**all**", *(sum(r[key] for r in found["together"]) for key in layers)])
    return "\n\n".join(
        (
            table(("", "before", "after"), figures),
            table(("attack", "tries", *OUTCOMES), [*attacks, total]),
            table(("recipe given away", "tries", "no defence", "guard alone", "breaker alone", "both"), both),
            "",
        )
    )
