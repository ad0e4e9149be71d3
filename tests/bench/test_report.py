"""The report out of result files of every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from bench.quality.run import tables
from bench.report.document import write
from bench.report.load import judged, load
from bench.report.style import spread
from bench.report.tables import table
from tests.bench.quality.tables import made

ROOT = Path(__file__).parents[2]


def quality(name: str, shift: float) -> dict[str, object]:
    benign = [("benign", 0.02 * n) for n in range(30)]
    attacks = [("jailbreak", min(1.0, shift + 0.02 * n)) for n in range(30)]
    kinds = (["mixed"] * 25 + ["documents"] * 5) * 2
    rows = made(*benign, *attacks, set=kinds, attack_type=[""] * 30 + ["roleplay"] * 30, lang=["de"] * 60)
    about = {"name": name, "threshold": 0.5, "model_sha256": {"weights.bin": "ab" * 32}}
    origin = {
        "command": "python -m bench.quality x",
        "commit": "c" * 40 + "-dirty",
        "machine": "a machine",
        "data_sha256": {"d.jsonl": "12" * 32},
    }
    return {"kind": "quality", "detector": about, "provenance": origin, **tables(rows, 0.5, resamples=10)}


def figures(detection: float | None, fpr: float | None) -> dict[str, object]:
    return {"n": 60, "attacks": 30, "benign": 30, "detection": detection, "fpr": fpr, "f1": None, "accuracy": None,
            "auc": None, "detection_at_fpr_1pct": None, "detection_at_fpr_0.1pct": None, "ece": 0.2, "harmful_flagged": None,
            "p50_ms": 7.5, "p95_ms": 9.0}  # fmt: skip


PEER = {
    "peer": {"name": "someone", "version": "1.2"},
    "provenance": {
        "command": "python -m bench.peers",
        "commit": "d" * 40,
        "machine": {"processor": "b"},
        "data": {"d.jsonl": "34" * 32},
    },
    "sets": {"mixed": figures(0.4, 0.3), "all": figures(0.4, 0.3)},
}
MATRIX = {
    "provenance": {"command": ["bench.attacks", "tinyguard"], "commit": None},
    "summary": {
        "all": {"techniques": 2, "detection": 0.5, "relative": 0.6, "benign_flagged": 0.1},
        "families": {
            "flip": {"techniques": 1, "detection": 0.9, "relative": 1.0, "benign_flagged": 0.0},
            "cipher": {"techniques": 1, "detection": 0.1, "relative": 0.2, "benign_flagged": None},
        },
        "worst": ["caesar"],
    },
    "techniques": [
        {
            "technique": name,
            "family": family,
            "attack": {"n": 9, "detection": rate, "relative": rate, "views": {"text": 1}},
            "benign": {"n": 9, "rate": None},
        }
        for name, family, rate in (("flip_words", "flip", 0.9), ("caesar", "cipher", 0.1))
    ],
}
LATENCY = {
    "name": "tinyguard-x",
    "version": "9",
    "lengths": [{"tokens": 30, "p50_ms": 2.0}, {"tokens": 120, "p50_ms": 5.0}],
}
FLIPS = {"n": 100, "flips": 1, "per_10000": 100.0, "per_10000_interval": [10.0, 500.0], "attacks_lost": 1,
         "benign_newly_convicted": 0, "score_distance": {"max": 0.25}, "detectors": ["fp32", "int8"]}  # fmt: skip
PLOTS = {"roc.png", "false_positives.png", "detection.png", "technique.png", "reliability.png", "latency.png"}


def save(folder: Path, **results: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, result in results.items():
        (folder / f"{name}.json").write_text(json.dumps(result))
    return folder


def test_everything_at_once(tmp_path: Path) -> None:
    results = save(tmp_path / "results", ours=quality("tinyguard 9", 0.4), other=quality("words", 0.1), peer=PEER,
                   matrix=MATRIX, latency=LATENCY, flips=FLIPS, unknown={"a": 1})  # fmt: skip
    command = [sys.executable, "-m", "bench.report", str(results), "--out", str(tmp_path / "out")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*PLOTS, "REPORT.md"}
    for name in PLOTS:
        content = (tmp_path / "out" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5000
    text = (tmp_path / "out" / "REPORT.md").read_text()
    for name in PLOTS:
        assert text.count(f"({name})") == 1
    for words in ("| tinyguard 9 | 30 | 30 |", "| someone | 30 | 30 | 40.0 | 30.0 |", "| caesar | cipher | 9 | 10.0 | – | text |", "fp32 / int8",
                  "cccccccccccc-dirty", "weights.bin abababababab", "Not read", "unknown.json", "a machine", "### Where it loses"):  # fmt: skip
        assert words in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| mixed |")}
    assert widths
    assert str(tmp_path) not in text


def test_latency_near_128_tokens_belongs_to_its_model(tmp_path: Path) -> None:
    results = load(
        [
            save(
                tmp_path,
                ours=quality("tinyguard 9", 0.4),
                older=quality("tinyguard 8", 0.4),
                latency=LATENCY,
                peer=PEER,
            )
        ]
    )
    assert {one.name: one.p50_ms for one in judged(results)} == {
        "tinyguard 9": 5.0,
        "tinyguard 8": None,
        "someone": 7.5,
    }


def test_two_results_of_one_name_are_told_apart(tmp_path: Path) -> None:
    save(tmp_path / "fp32", quality=quality("tinyguard 9", 0.4))
    save(tmp_path / "int8", quality=quality("tinyguard 9", 0.1))
    first, second = judged(load([tmp_path]))
    assert "fp32" in first.name
    assert "int8" in second.name
    assert first.everything["auc"] > second.everything["auc"]


def test_one_result_makes_the_plots_it_can(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "latency.png").write_bytes(b"of an earlier report")
    write(load([save(tmp_path / "results", ours=quality("mine", 0.4))]), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert names == PLOTS - {"latency.png"}
    first = {name: (tmp_path / "out" / name).read_bytes() for name in names}
    write(load([tmp_path / "results"]), tmp_path / "out")
    assert first == {name: (tmp_path / "out" / name).read_bytes() for name in names}


def test_peers_alone(tmp_path: Path) -> None:
    write(load([save(tmp_path / "results", peer=PEER)]), tmp_path / "out")
    assert "## Peer: someone 1.2" in (tmp_path / "out" / "REPORT.md").read_text()


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no result"):
        write(load([save(tmp_path, unknown={"a": 1})]), tmp_path / "out")
    (tmp_path / "torn.json").write_text("{")
    assert load([tmp_path / "torn.json"]).unread == ["torn.json"]
    with pytest.raises(FileNotFoundError):
        load([tmp_path / "nowhere"])


def test_labels_are_moved_apart_and_no_further() -> None:
    assert spread([0.1, 0.5, 0.9], 0.2) == [0.1, 0.5, 0.9]
    moved = spread([0.5, 0.5, 0.52, 0.9], 0.1)
    assert sorted(moved) == moved
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(moved))
    assert moved[3] == 0.9
    assert sum(moved[:3]) == pytest.approx(1.52)


def test_cells_of_a_table_cannot_break_it() -> None:
    lines = table(["a", "b"], [["x|y\nz", None], [0.25, 3]]).splitlines()
    assert lines[2:] == ["| x\\|y z | – |", "| 0.25 | 3 |"]
