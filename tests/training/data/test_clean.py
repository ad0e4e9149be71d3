"""Confident disagreement, by hand and on a toy checkpoint; rows left out of a mixture; hard negatives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.loop.conftest import mixture  # noqa: F401
from tests.training.toys import run, toy_options, toy_rows
from training.data.clean import class_thresholds, cross_validated, drawn, record, report, suspects
from training.data.mine import hardest, sampled
from training.loop.run import train


def test_suspects_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    bound = class_thresholds(p, labels)
    assert bound == pytest.approx([(0.9 + 0.8 + 0.1) / 3, (0.8 + 0.7 + 0.1) / 3])
    found = suspects(p, labels)
    assert [(s.index, s.given, s.said) for s in found] == [(2, 0, 1), (5, 1, 0)]
    assert found[0].margin == pytest.approx(0.8)


def test_an_unsure_model_doubts_nobody_and_a_missing_class_is_never_said() -> None:
    p = np.full((4, 3), 1 / 3)
    assert suspects(p, np.array([0, 0, 1, 1])) == []
    p = np.array([[0.1, 0.0, 0.9], [0.9, 0.1, 0.0], [0.1, 0.9, 0.0]])
    assert all(s.said != 2 for s in suspects(p, np.array([0, 0, 1])))


def test_cross_validation_finds_a_flipped_label() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 2
    states = rng.normal(0, 0.3, (120, 5))
    states[:, 0] += 2.0 * labels
    labels[7] = 1 - labels[7]
    p = cross_validated(states, labels, 2, folds=4)
    assert p.sum(1) == pytest.approx(np.ones(120))
    assert suspects(p, labels)[0].index == 7


def test_report_counts_by_source_and_holds_no_text() -> None:
    rows = [{"id": str(i), "text": "some words", "label": label, "source": source} for i, (label, source) in enumerate(
        [("benign", "a"), ("benign", "a"), ("jailbreak", "a"), ("direct_injection", "b")])]  # fmt: skip
    p = np.array([[0.9, 0.1, 0, 0], [0.1, 0.0, 0.9, 0], [0.1, 0.0, 0.9, 0], [0.9, 0.1, 0, 0.0]])
    labels = np.array([0, 0, 2, 1])
    found = suspects(p, labels)
    text = report(rows, found, "m", ("w", "x", "y", "z"))
    assert "| a | 2 | 1 (50.0%) | 1 | 0 (0.0%) | 0 (0.0%) |" in text
    assert "some words" not in text
    line = record(rows[found[0].index], found[0], ("w", "x", "y", "z"))
    assert line["id"] == "1"
    assert "labelled benign, the model says y" in line["reason"]
    assert "some words" not in json.dumps(line)


def test_commands_on_a_checkpoint(mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    train(
        toy_options(mixture, steps=60, rate=3e-3, head_rate=6e-3, ema=0.9, validate_every=100, checkpoint_every=60),
        mixture / "base", mixture / "mixture.npz", tmp_path / "run", quiet=True,
    )  # fmt: skip
    rows = [row | {"id": f"r{i}"} for i, row in enumerate(toy_rows())]
    wrong = next(row for row in rows if row["label"] == "benign")
    wrong["label"] = "direct_injection"
    data, drop, table = tmp_path / "rows.jsonl", tmp_path / "drop.jsonl", tmp_path / "report.md"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model, tokenizer = tmp_path / "run/last.pt", mixture / "base/tokenizer.json"
    for extra in ([], ["--folds", 3]):
        run("training.data.clean", model, "--tokenizer", tokenizer, "--data", data, "--out", drop, "--report", table,
            "--margin", 0.1, *extra)  # fmt: skip
        ids = {json.loads(line)["id"] for line in drop.read_text().splitlines()}
        assert wrong["id"] in ids
        assert "| s0 |" in table.read_text()
    out = tmp_path / "mixture.npz"
    run("training.data.mixture", tokenizer, out, data, "--as-is", "--drop", drop)
    assert len(np.load(out)["ends"]) == len(rows) - len(ids)
    hard = tmp_path / "hard.jsonl"
    run(
        "training.data.mine", model, "--tokenizer", tokenizer, "--pool", data, "--out", hard, "--count", 6, "--doubt", 1
    )
    kept = [json.loads(line) for line in hard.read_text().splitlines()]
    assert kept
    assert all(row["label"] == "benign" and row["kind"] == "hard_negative" for row in kept)
    assert [row["score"] for row in kept] == sorted((row["score"] for row in kept), reverse=True)


def test_mining_leaves_doubt_and_repetition_out() -> None:
    rows = [{"text": f"{'the same long opening of all' if i < 10 else f'{i} another text'} {i}", "label": "benign",
             "source": "a" if i < 15 else "b"} for i in range(20)]  # fmt: skip
    attack = np.linspace(1.0, 0.05, 20)
    kept = hardest(rows, attack, count=8, source_share=0.5, doubt=0.97)
    assert rows[0]["text"] not in [row["text"] for row in kept]
    assert sum(row["text"].startswith("the same") for row in kept) == 3
    assert sum(row["source"] == "a" for row in kept) == 4
    assert len(sampled(rows, 5, seed=1)) == 5
    assert sampled([dict(rows[0], label="jailbreak")], 5, seed=1) == []


def test_a_sample_has_both_sides() -> None:
    rows = [{"label": "benign" if i % 10 else "jailbreak", "id": i} for i in range(200)]
    labels = [row["label"] for row in drawn(rows, 20, seed=1)]
    assert (labels.count("benign"), labels.count("jailbreak")) == (10, 10)
    assert len(drawn(rows, 100, seed=1)) == 70
