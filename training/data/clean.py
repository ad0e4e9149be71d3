"""Find rows whose label a confident model contradicts (confident learning, Northcutt et al. 2021, arXiv 1911.00068).

A class's threshold is the model's mean confidence in it over the rows that carry its label. A row is suspect where its
own label stays below that label's threshold and another class is at or above its own; the most probable of those is
what the model says. Jailbreak against direct injection is a matter of taste, so only benign against attack goes into
the file of suspects; other contradictions are counted in the report.

    python -m training.data.clean RUN/last.pt --tokenizer BASE/tokenizer.json --data train.jsonl.gz \\
        --out drop.jsonl --report report.md [--sample 20000] [--folds 5]

The model should not have learned the rows. With `--folds`, its class probabilities are those of a linear classifier
over its states, fitted on the other folds; the states themselves may still know the rows. `training.data.mixture
--drop drop.jsonl` leaves the suspects out. Only rows with an `id` can be named, and no text is written.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from training.data.mixture import trusted
from training.data.rows import Row, read_rows
from training.data.scorer import load_scorer
from training.data.targets import CLASS_OF
from training.model.config import CLASSES


class Suspect(NamedTuple):
    """A row, by its place, with the class that it carries and the one that the model sees."""

    index: int
    given: int
    said: int
    confidence: float  # in what the model says
    margin: float  # by how much that exceeds the confidence in the given class


def class_thresholds(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 [C]: mean p[i, c] over the rows labelled c; above 1, so out of reach, for a class without rows."""
    return np.array([p[labels == c, c].mean() if (labels == c).any() else 2.0 for c in range(p.shape[1])])


def suspects(p: np.ndarray, labels: np.ndarray) -> list[Suspect]:
    """p float64 [n, C], labels int64 [n] → the rows that are counted off the diagonal of the confident joint, the
    widest margin first."""
    bound = class_thresholds(p, labels)
    sure = np.where(p >= bound, p, -1.0)
    said = sure.argmax(1)
    off = (sure.max(1) >= 0) & (said != labels) & (p[np.arange(len(p)), labels] < bound[labels])
    found = [
        Suspect(int(i), int(labels[i]), int(said[i]), float(p[i, said[i]]), float(p[i, said[i]] - p[i, labels[i]]))
        for i in np.flatnonzero(off)
    ]
    return sorted(found, key=lambda s: -s.margin)


def cross_validated(states: np.ndarray, labels: np.ndarray, classes: int, folds: int, seed: int = 0) -> np.ndarray:
    """float64 [n, C]: out-of-fold probabilities of a linear softmax classifier (L2, L-BFGS) over states [n, D]."""
    x = torch.from_numpy((states - states.mean(0)) / (states.std(0) + 1e-6)).float()
    y = torch.from_numpy(labels)
    fold = np.random.default_rng(seed).permutation(len(labels)) % folds
    p = np.zeros((len(labels), classes))
    for k in range(folds):
        kept, out = torch.from_numpy(fold != k), torch.from_numpy(fold == k)
        weight = torch.zeros(classes, x.shape[1], requires_grad=True)
        bias = torch.zeros(classes, requires_grad=True)
        _fit(weight, bias, x[kept], y[kept])
        with torch.no_grad():
            p[fold == k] = (x[out] @ weight.t() + bias).double().softmax(-1).numpy()
    return p


def _fit(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> None:
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(x @ weight.t() + bias, y) + 1e-3 * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)


def report(rows: Sequence[Row], found: Sequence[Suspect], model: str, names: Sequence[str]) -> str:
    """Markdown: suspects by source, both ways, as counts and rates."""
    total: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        total[row["source"]][int(CLASS_OF[row["label"]] > 0)] += 1
    for s in found:
        kind = 2 if s.given and s.said else int(s.given > 0)
        counts[rows[s.index]["source"]][kind] += 1
    everything = sum(map(sum, total.values()))
    doubted = sum(1 for s in found if not (s.given and s.said))
    lines = [
        f"{model}: {everything} rows, {doubted} doubted ({doubted / max(1, everything):.2%}).",
        f"The model's classes: {', '.join(names)}.", "",
        "| source | benign rows | the model says attack | attack rows | the model says benign | another attack class |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for source, (benign, attack) in sorted(total.items(), key=lambda item: -sum(counts[item[0]][:2])):
        up, down, other = counts[source]
        shares = ((up, benign), (down, attack), (other, attack))
        cells = [f"{n} ({n / of:.1%})" if of else "–" for n, of in shares]
        lines.append(f"| {source} | {benign} | {cells[0]} | {attack} | {cells[1]} | {cells[2]} |")
    return "\n".join(lines) + "\n"


def record(row: Row, s: Suspect, names: Sequence[str]) -> dict[str, Any]:
    """A line of the suspects' file; the reason is in words, the text is not in it."""
    reason = f"labelled {row['label']}, the model says {names[s.said]} with {s.confidence:.2f}"
    return {"id": row["id"], "source": row["source"], "label": row["label"], "said": names[s.said],
            "confidence": round(s.confidence, 4), "margin": round(s.margin, 4), "reason": reason}  # fmt: skip


def drawn(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """`count` rows, as far as there are any half of them attacks: a class without rows would never be suspected."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        sides[int(CLASS_OF[row["label"]] > 0)].append(row)
    rng = random.Random(seed)
    return [row for side in sides for row in rng.sample(side, min(count // 2, len(side)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder, or checkpoint of training.loop.run")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.json of a checkpoint")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True, help="JSONL of suspected ids")
    parser.add_argument("--report", type=Path, help="Markdown of rates by source")
    parser.add_argument("--sample", type=int, default=0, help="rows to look at, half of them attacks; 0: all")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate a classifier over the checkpoint's states")
    parser.add_argument("--margin", type=float, default=0.5, help="least margin of a suspect that is written")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    # What was written for this project is not in question, and what has no id cannot be dropped.
    rows = [r for r in read_rows(args.data) if r["text"].strip() and r.get("id") is not None and not trusted(r)]
    rows = drawn(rows, args.sample, args.seed) if args.sample else rows
    labels = np.array([CLASS_OF[r["label"]] for r in rows])
    if args.folds:
        from training.data.scorer import checkpoint_states

        torch.set_num_threads(args.threads)
        states = checkpoint_states(args.model, args.tokenizer, rows)
        p = cross_validated(states, labels, len(CLASSES), args.folds, args.seed)
    else:
        score = load_scorer(args.model, args.tokenizer, args.threads)
        p = np.concatenate([score(rows[start : start + 2000]) for start in range(0, len(rows), 2000)])
    names = CLASSES if p.shape[1] == len(CLASSES) else ("benign", "attack")
    found = suspects(p, np.minimum(labels, p.shape[1] - 1))
    written = [s for s in found if not (s.given and s.said) and s.margin >= args.margin]
    with args.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(record(rows[s.index], s, names), ensure_ascii=False) + "\n" for s in written)
    if args.report:
        args.report.write_text(report(rows, found, args.model.name, names), encoding="utf-8")
    print(f"{len(rows)} rows, {len(found)} off the diagonal, {len(written)} of them written to {args.out}")


if __name__ == "__main__":
    main()
