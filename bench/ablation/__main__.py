"""What each part of a guard is worth: figures with all parts, and without one at a time.

    python -m bench.ablation dev/*.jsonl --out bench/out/ablation
    python -m bench.ablation dev/*.jsonl --out … --model FOLDER --part n-grams "closer look"

A guard without a part has other scores, so each arm is judged at the threshold at which as many of the ordinary texts
(sets `benign_*`) are convicted as by the whole guard at its own threshold. The matrix is that of `bench.attacks`;
`in prose` are 24 of its attacks before, after and in the middle of 2,000 characters. Writes FOLDER/ablation.json,
anew after each arm, and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.ablation.measure import disguises, in_prose, measure, thinned
from bench.ablation.parts import PARTS, Part, whole
from bench.quality.provenance import provenance
from bench.quality.readers import read_file, split_spec
from tinyguard.modelfile import BUNDLED

COLUMNS = {
    "auc": "AUC", "detection": "detection", "detection_at_fpr_0.01": "at 1 % FP", "fpr_elsewhere": "FP outside traffic",
    "matrix": "matrix", "matrix_benign": "benign in disguise", "in_prose": "in prose",
}  # fmt: skip
WHOLE = Part("the guard as it ships", whole)


def cell(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if name == "auc" else f"{100 * value:.1f} %"


def markdown(arms: list[dict[str, Any]]) -> str:
    lines = ["| without | " + " | ".join(COLUMNS.values()) + " | what that means |", "|---" * (len(COLUMNS) + 2) + "|"]
    for arm in arms:
        cells = [arm["without"] or "*nothing*", *(cell(name, arm[name]) for name in COLUMNS), arm["what"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="bench.ablation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="labelled texts, as bench.quality takes them")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--model", type=Path, default=BUNDLED, metavar="FOLDER")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument("--every", type=int, default=3, metavar="N", help="every n-th text of ordinary traffic")
    parser.add_argument("--per-technique", type=int, default=4, metavar="N", help="attacks, and benign texts, for each")
    args = parser.parse_args(arguments)
    rows = thinned([row for spec in args.files for row in read_file(spec)], args.every)
    disguised, padded = disguises(args.per_technique), in_prose()
    command = ["python", "-m", "bench.ablation", *(sys.argv[1:] if arguments is None else arguments)]
    made = provenance(command, [split_spec(spec)[1] for spec in args.files])
    arms: list[dict[str, Any]] = []
    result = {"provenance": made, "texts": len(rows), "disguised": len(disguised), "arms": arms}
    args.out.mkdir(parents=True, exist_ok=True)
    for name in tqdm(["", *args.part], desc="arms", disable=None):
        part = PARTS[name] if name else WHOLE
        with tempfile.TemporaryDirectory() as work:
            detector = part.without(args.model, Path(work))
            figures = measure(detector, rows, disguised, padded, arms[0]["traffic"] if arms else None)
        arms.append({"without": name, "what": part.what, **figures})
        (args.out / "ablation.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(markdown(arms))


if __name__ == "__main__":
    main()
