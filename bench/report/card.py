"""Put the figures of a quality run into the pages that quote them, between the marks that they have for it.

    python -m bench.report.card bench/out/quality/quality.json tinyguard/weights/MODEL_CARD.md README.md
    python -m bench.report.card bench/out/quality/quality.json tinyguard/weights/model.json

`<!-- quality:sets -->` … `<!-- /quality:sets -->` becomes the table of every set, `quality:summary` a sentence on what
was measured and the sets that say most. A model folder's `model.json` gets every set in its card, which
`tinyguard info` prints.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


def percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def cells(name: str, row: Figures) -> str:
    values = [
        name, str(row["n"]), percent(row["detection"]), percent(row["fpr"], 2), number(row["f1"]), number(row["auc"]),
        percent(row["detection_at_fpr_1pct"]), number(row["ece"]),
    ]  # fmt: skip
    return f"| {' | '.join(values)} |"


def sets_table(quality: Figures) -> str:
    """Every set, and all of them together."""
    head = ["| set | n | detection | false positives | F1 | AUC | detection at 1 % FP | ECE |", "|---|" + "---|" * 7]
    rows = [cells(name, row) for name, row in sorted(quality["sets"].items())]
    return "\n".join([*head, *rows, cells("all", quality["all"])])


def summary(quality: Figures) -> str:
    """What was measured, and detection and false positives by set where a set has 20 texts of the kind."""
    whole, threshold = quality["all"], quality["detector"]["threshold"]
    traffic = [row for name, row in quality["sets"].items() if name.startswith("benign_")]
    calm = sum(row["benign"] for row in traffic)
    flagged = sum(row["fpr"] * row["benign"] for row in traffic)
    low, high = whole["intervals"]["detection"]
    lines = [
        f"Development sets ({whole['n']:,} texts, {whole['attacks']:,} of them attacks), one threshold of {threshold}:",
        "",
        "| what | detection | false positives | AUC |",
        "|---|---|---|---|",
        f"| all sets | {percent(whole['detection'])} ({percent(low)} – {percent(high)}) | {percent(whole['fpr'], 2)} "
        f"| {number(whole['auc'])} |",
    ]
    if calm:
        lines.append(f"| ordinary traffic (`benign_*`) | – | {percent(flagged / calm, 2)} | – |")
    for name, row in sorted(quality["sets"].items()):
        if name.startswith("benign_") or max(row["attacks"], row["benign"]) < 20:
            continue
        shown = [percent(row["detection"]) if row["attacks"] >= 20 else "–"]
        shown += [percent(row["fpr"]) if row["benign"] >= 20 else "–", number(row["auc"])]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    at_one = percent(whole["detection_at_fpr_1pct"])
    lines += ["", f"Calibration error (ECE) {number(whole['ece'])}; detection at 1 % false positives {at_one}."]
    return "\n".join(lines)


PARTS = {"sets": sets_table, "summary": summary}


def fill(page: str, quality: Figures) -> str:
    """The page with its marked parts made anew. Raises ValueError where it has none."""
    found = 0
    for name, made in PARTS.items():
        begin, end = f"<!-- quality:{name} -->", f"<!-- /quality:{name} -->"
        text = f"{begin}\n{made(quality)}\n{end}"
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        page, count = between.subn(lambda _, text=text: text, page)
        found += count
    if not found:
        raise ValueError("has no <!-- quality:… --> marks")
    return page


def carded(manifest: Figures, quality: Figures) -> Figures:
    """A model's manifest with a row for every set in its card."""
    sets = [*sorted(quality["sets"].items()), ("all", quality["all"])]
    rows = [
        {
            "set": name,
            "texts": row["n"],
            "detection": row["detection"],
            "false positives": row["fpr"],
            "AUC": row["auc"],
        }
        for name, row in sets
    ]
    return manifest | {"card": manifest["card"] | {"development sets": rows}}


def renewed(page: Path, quality: Figures) -> str:
    """What a page is to hold."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".json":
        return json.dumps(carded(json.loads(text), quality), indent=1) + "\n"
    return fill(text, quality)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quality", type=Path, help="quality.json of python -m bench.quality")
    parser.add_argument("pages", type=Path, nargs="+")
    args = parser.parse_args()
    quality = json.loads(args.quality.read_text(encoding="utf-8"))
    for page in args.pages:
        try:
            page.write_text(renewed(page, quality), encoding="utf-8")
        except ValueError as error:
            raise SystemExit(f"{page}: {error}") from None


if __name__ == "__main__":
    main()
