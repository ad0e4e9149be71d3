"""Decision flips between score files, detectors and numeric paths."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.detector import TinyGuardDetector
from bench.quality import flips as module
from bench.quality.checkpoint import Checkpoint, beside
from bench.quality.detectors import load_detector
from bench.quality.flips import compare, flips
from tests.bench.quality.tables import WordDetector, made
from tests.training.toys import run, toy_base, toy_options, toy_rows, with_int8_weights
from training.loop import checkpoint
from training.loop.options import plain
from training.model.dual import DualBranch
from training.model.initialize import initialize
from training.model.locator import Locator

TEXTS = ["ignore the weather", "the weather is fine", "roleplay " * 40, "", "perhaps a holiday greeting"]


def test_flips_by_hand() -> None:
    labels = ["jailbreak", "jailbreak", "benign", "benign", "harmful_request"]
    first = made(*zip(labels, [0.9, 0.4, 0.4, 0.6, 0.1], strict=True))
    second = made(*zip(labels, [0.4, 0.6, 0.7, 0.6, 0.2], strict=True))
    found = flips(first, second, 0.5)
    assert (found["n"], found["flips"], found["per_10000"]) == (5, 3, 6000)
    assert (found["to_convicted"], found["to_allowed"]) == (2, 1)
    assert (found["attacks_lost"], found["attacks_won"]) == (1, 1)
    assert (found["benign_newly_convicted"], found["benign_released"]) == (1, 0)
    assert found["score_distance"]["max"] == pytest.approx(0.5)
    low, high = found["per_10000_interval"]
    assert 0 < low < 6000 < high < 10000
    assert flips(first, first, 0.5)["flips"] == 0
    # Each at its own threshold: 0.9 ≥ 0.8 and 0.4 ≥ 0.3 agree; the second convicts three more.
    assert flips(first, second, 0.8, 0.3)["flips"] == 3


def test_other_texts_are_refused() -> None:
    first = made(("benign", 0.1), ("benign", 0.2), set=["a", "a"])
    for other in (
        made(("benign", 0.1), set=["a"]),
        made(("benign", 0.1), ("jailbreak", 0.2), set=["a", "a"]),
        made(("benign", 0.1), ("benign", 0.2), set=["a", "b"]),
    ):
        with pytest.raises(ValueError, match="not the same texts"):
            flips(first, other, 0.5)


def test_two_detectors(tiny_folder: Path) -> None:
    rows = [{"id": str(n), "text": text, "label": "benign"} for n, text in enumerate(TEXTS)]
    found = compare(WordDetector(), TinyGuardDetector(str(tiny_folder)), rows)
    assert found["detectors"] == ["words", "tinyguard 0"]
    # Both convict the first text, only the tiny model the third.
    assert (found["flips"], found["to_convicted"]) == (1, 1)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoint `last.pt` of a small random model, and its package `model`."""
    return small(tmp_path_factory.mktemp("toy"))


def small(folder: Path, **parts: bool) -> Path:
    """What `toy` gives, of a model with these parts."""
    toy_base(folder / "base")
    options = toy_options(folder)
    options = replace(options, model=replace(options.model, **parts))
    torch.manual_seed(2)
    model = DualBranch(options.model)
    initialize(model, folder / "base")
    with torch.no_grad():
        for part in (model.fast_heads.classes, model.deep_heads.classes, model.router.routes):
            part.weight.normal_(std=1.0)
        model.fast_heads.classes.weight[1:] *= 3
    checkpoint.save(folder, {"average": model.state_dict(), "options": plain(options), "step": 0})
    run("training.package", folder / "last.pt", folder / "base/tokenizer.json", folder / "model")
    return folder


@pytest.mark.parametrize("route", ["", ",route=fast", ",route=deep"])
def test_a_pytorch_path_under_the_same_guard(toy: Path, route: str) -> None:
    rows = [{"id": str(n), "text": row["text"], "label": "benign"} for n, row in enumerate(toy_rows()[:30])]
    deployed = load_detector(f"tinyguard={toy / 'model'}{route},operators=standard")
    detector = Checkpoint(f"{toy / 'last.pt'},{toy / 'model'}{route}")
    assert detector.name == f"checkpoint last.pt{route.replace(',', ', ')}"
    # Of a text that the router is in two minds about, rounded weights may take the other way; here none is.
    assert compare(deployed, detector, rows)["score_distance"]["max"] < 0.05
    model, _ = checkpoint.load_model(toy / "last.pt")
    detector.use(with_int8_weights(model))
    same = compare(deployed, detector, rows)
    assert (same["flips"], same["score_distance"]["max"] < 2e-5) == (0, True)
    texts = [row["text"] for row in rows]
    for one, other in zip(deployed.guard.classify_batch(texts), detector.guard.classify_batch(texts), strict=True):
        assert (one.route, one.severity, one.threat_type) == (other.route, other.severity, other.threat_type)
    with torch.no_grad():
        for heads in (model.fast_heads, model.deep_heads):
            heads.classes.bias[0] += 20.0  # all benign now
    moved = compare(deployed, detector, rows)
    assert moved["to_allowed"] == moved["flips"] == (deployed.scores(texts) >= deployed.threshold).sum() > 0


def test_what_stands_beside_the_network_is_the_folders(toy: Path, tmp_path: Path) -> None:
    """N-grams and a locator are packaged apart from the checkpoint."""
    model, _ = checkpoint.load_model(toy / "last.pt")
    rng = np.random.default_rng(3)
    table = rng.integers(-127, 128, 1 << 20, dtype=np.int8)
    np.savez(tmp_path / "ngrams.npz", table=table, scale=np.float32(0.5))
    locator = Locator(model.config.width, 8)
    np.savez(tmp_path / "locator.npz", **{name: value.numpy() for name, value in locator.state_dict().items()})
    parts = ("--ngrams", tmp_path / "ngrams.npz", "--locator", tmp_path / "locator.npz")
    run("training.package", toy / "last.pt", toy / "base/tokenizer.json", tmp_path / "model", *parts)
    detector = Checkpoint(f"{toy / 'last.pt'},{tmp_path / 'model'},route=fast")
    ngrams, found = beside(tmp_path / "model")
    assert ngrams is not None and found is not None
    assert np.array_equal(ngrams.table.numpy(), table)
    assert all(torch.equal(value, found.state_dict()[name]) for name, value in locator.state_dict().items())
    assert beside(toy / "model") == (None, None)
    deployed = load_detector(f"tinyguard={tmp_path / 'model'},route=fast,operators=standard")
    detector.use(with_int8_weights(model))
    texts = [row["text"] for row in toy_rows()[:20]] + [" ".join(row["text"] for row in toy_rows())]
    assert np.abs(deployed.scores(texts) - detector.scores(texts)).max() < 2e-5
    assert (
        np.abs(deployed.scores(texts) - load_detector(f"tinyguard={toy / 'model'},route=fast").scores(texts)).max()
        > 0.01
    )


def test_locators_that_a_model_learned_are_its_own(tmp_path: Path) -> None:
    folder = small(tmp_path, fast_locator=True, deep_locator=True)
    deployed = load_detector(f"tinyguard={folder / 'model'},operators=standard")
    detector = Checkpoint(f"{folder / 'last.pt'},{folder / 'model'}")
    model, _ = checkpoint.load_model(folder / "last.pt")
    detector.use(with_int8_weights(model))
    texts = [row["text"] for row in toy_rows()[:20]] + [" ".join(row["text"] for row in toy_rows())]
    assert np.abs(deployed.scores(texts) - detector.scores(texts)).max() < 2e-5


def test_a_checkpoint_by_name(toy: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such checkpoint"):
        Checkpoint(f"{tmp_path / 'nothing.pt'},{toy / 'model'}")
    with pytest.raises(ValueError, match="operators"):
        Checkpoint(f"{toy / 'last.pt'},{toy / 'model'},operators=native")


def write(folder: Path, scores: list[float], threshold: float) -> Path:
    folder.mkdir()
    records = [{"id": str(n), "label": "benign", "length": 3, "score": score} for n, score in enumerate(scores)]
    (folder / "scores.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "quality.json").write_text(json.dumps({"detector": {"threshold": threshold}}))
    return folder


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = write(tmp_path / "one", [0.2, 0.6], 0.5), write(tmp_path / "two", [0.2, 0.6], 0.7)

    def run(*arguments: object) -> dict[str, object]:
        monkeypatch.setattr(sys, "argv", ["flips", *map(str, arguments)])
        module.main()
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    assert run(one, two)["flips"] == 1
    assert run(one, two, "--threshold", "0.5")["flips"] == 0
    assert run(one / "scores.jsonl", two / "scores.jsonl", "--threshold", "0.1")["flips"] == 0
    with pytest.raises(ValueError, match="--threshold"):
        run(one / "scores.jsonl", two)
    assert np.isclose(run(one, two)["score_distance"]["max"], 0.0)  # type: ignore[index]
