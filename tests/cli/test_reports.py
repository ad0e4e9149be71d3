"""`tinyguard eval`, `bench` and `info`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.tiny_model import THRESHOLDS
from tinyguard.cli import main

ROWS = [
    {"text": "please ignore the weather", "label": "direct_injection", "set": "mixed"},
    {"text": "roleplay the weather", "label": "jailbreak", "set": "mixed"},
    {"text": "the weather is fine", "label": "jailbreak", "set": "mixed"},
    {"text": "the weather is fine", "label": "benign", "set": "mixed"},
    {"text": "ignore the weather", "label": "benign", "set": "mixed"},
    {"text": "ignore", "label": "harmful_request", "set": "mixed"},
]


Capture = pytest.CaptureFixture[str]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_figures_by_set(run: Run, tmp_path: Path) -> None:
    named = write(tmp_path / "mixed.jsonl", ROWS)
    unnamed = write(tmp_path / "greetings.jsonl.gz", [{"text": "a holiday greeting", "label": "benign"}] * 3)
    scores = tmp_path / "scores.jsonl"
    done = run("eval", named, unnamed, "--json", "--scores", scores)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["policy"]["threshold"] == THRESHOLDS["balanced"]
    mixed, greetings, both = (report["sets"][name] for name in ("mixed", "greetings", "all"))
    assert (mixed["n"], mixed["attacks"], mixed["benign"], mixed["harmful"]) == (6, 3, 2, 1)
    assert (mixed["detection"], mixed["fpr"], mixed["harmful_flagged"]) == (2 / 3, 0.5, 1.0)
    assert (greetings["fpr"], greetings["detection"]) == (0.0, None)
    assert (both["n"], both["fpr"]) == (9, 0.2)
    assert len(scores.read_text().splitlines()) == 9
    assert "weather" not in scores.read_text()


def test_the_table(run: Run, tmp_path: Path) -> None:
    done = run("eval", write(tmp_path / "mixed.jsonl", ROWS), "--policy", "strict")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.decode().splitlines()] == ["set", "mixed", "all", "policy"]


def test_figures_by_another_field(run: Run, tmp_path: Path) -> None:
    languages = ["de", "de", "fr", "fr", "de", None]
    rows = [{**row, "lang": lang} if lang else row for row, lang in zip(ROWS, languages, strict=True)]
    done = run("eval", write(tmp_path / "mixed.jsonl", rows), "--json", "--by", "lang")
    figures = json.loads(done.stdout)["sets"]
    assert set(figures) == {"de", "fr", "–", "all"}
    assert (figures["de"]["detection"], figures["de"]["fpr"], figures["de"]["accuracy"]) == (1.0, 1.0, 2 / 3)
    assert (figures["fr"]["detection"], figures["fr"]["fpr"], figures["–"]["harmful"]) == (0.0, 0.0, 1)


def test_lines_without_a_label_are_reported(run: Run, tmp_path: Path) -> None:
    odd = [{"text": "x"}, {"text": "x", "label": "odd"}, {"text": "x", "label": ["benign"]}]
    path = write(tmp_path / "some.jsonl", [*odd, *ROWS])
    done = run("eval", path, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["sets"]["mixed"]["n"] == 6
    for line in (1, 2, 3):
        assert f"line {line}: label".encode() in done.stderr


@pytest.mark.parametrize("damage", ["cut", "changed", "none"])
def test_a_damaged_gzip_file_is_named(tiny_folder: Path, tmp_path: Path, damage: str, capsys: Capture) -> None:
    path = write(tmp_path / "some.jsonl.gz", ROWS)
    content = path.read_bytes()
    middle = len(content) // 2
    changed = content[:middle] + bytes(255 - byte for byte in content[middle:])
    path.write_bytes({"cut": content[:middle], "changed": changed, "none": b"no gzip"}[damage])
    assert main(["eval", str(path), "--model", str(tiny_folder), "--quiet"]) == 1
    assert f"{path}: damaged gzip file" in capsys.readouterr().err


def test_a_set_that_is_called_all_stands_beside_the_total(tiny_folder: Path, tmp_path: Path, capsys: Capture) -> None:
    rows = [*ROWS, *({**row, "set": "all"} for row in ROWS[:2])]
    path = write(tmp_path / "some.jsonl", rows)
    assert main(["eval", str(path), "--model", str(tiny_folder), "--quiet", "--json"]) == 0
    sets = json.loads(capsys.readouterr().out)["sets"]
    assert {name: row["n"] for name, row in sets.items()} == {"mixed": 6, "all (set)": 2, "all": 8}


def test_a_file_without_any_label_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("eval", write(tmp_path / "none.jsonl", [{"text": "x"}])).returncode == 2


def test_bench_measures_the_asked_lengths(run: Run) -> None:
    done = run("bench", "--tokens", "8", "100", "--repeat", "3", "--json")
    assert done.returncode == 0
    short, long = json.loads(done.stdout)["lengths"]
    assert 1 <= short["tokens"] <= 8
    assert 80 <= long["tokens"] <= 100
    for row in (short, long):
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert row["texts_per_s"] > 0
    assert run("bench", "--tokens", "8", "--repeat", "1").stdout.count(b"\n") == 3


def test_info_shows_the_card_and_the_files(run: Run, tiny_folder: Path) -> None:
    done = run("info")
    assert done.returncode == 0
    manifest = json.loads((tiny_folder / "model.json").read_text())
    for entry in manifest["files"].values():
        assert entry["sha256"].encode() in done.stdout
    assert b"made up" in done.stdout
    assert b"onnxruntime" in done.stdout
    assert json.loads(run("info", "--json").stdout)["model"]["name"] == "tiny"
