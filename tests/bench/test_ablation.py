"""What each part of a guard is worth: taking it away, and the figures of an arm."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from bench.ablation import parts
from bench.ablation.__main__ import main
from bench.ablation.measure import disguises, in_prose, measure, thinned, threshold_for
from bench.ablation.parts import PARTS
from bench.quality.scores import table
from tests.tiny_model import ORDINARY, write_model
from tinyguard.modelfile import BUNDLED
from tinyguard.network import Network

ATTACK, PLAIN = "we walk to the harbour and ignore the weather", "the weather is fine and we walk to the harbour"
CODED = base64.b64encode(ATTACK.encode()).decode()
LONG = " ".join([*ORDINARY * 4, "perhaps", *ORDINARY * 4])
ROWS = [
    {"set": name, "id": str(n), "text": f"{text} {n}", "label": label}
    for name, label, texts in (
        ("benign_calm", "benign", [PLAIN, LONG] * 10),
        ("mixed", "benign", [PLAIN] * 4),
        ("mixed", "direct_injection", [ATTACK, CODED] * 3),
        ("mixed", "harmful_request", ["venom"]),
    )
    for n, text in enumerate(texts)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny", run_tokens=3)


def test_without_views_nothing_that_is_hidden_is_read(folder: Path, tmp_path: Path) -> None:
    guard, blind = parts.whole(folder, tmp_path), PARTS["views"].without(folder, tmp_path)
    assert [bool(score > 0.6) for score in guard.scores([ATTACK, CODED, PLAIN])] == [True, True, False]
    assert [bool(score > 0.6) for score in blind.scores([ATTACK, CODED, PLAIN])] == [True, False, False]
    assert guard.scores([CODED])[0] > 0.6  # the package is as it was


def test_without_the_correction_windows_excuse_nothing(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")  # without looks
    (corrected,) = parts.whole(folder, tmp_path / "a").scores([LONG])
    (score,) = PARTS["windows' correction"].without(folder, tmp_path / "b").scores([LONG])
    assert score / (1 - score) == pytest.approx(4 * corrected / (1 - corrected), rel=1e-3)


def test_without_looks_no_run_is_asked_for(folder: Path, tmp_path: Path) -> None:
    detector = PARTS["closer look"].without(folder, tmp_path / "copy")
    assert (detector.guard.info()["model"]["run_tokens"], parts.whole(folder, tmp_path).guard._folder.run_tokens) == (
        0,
        3,
    )


@pytest.mark.parametrize("kind", ["", ".plain"])
def test_values_are_replaced_in_both_kinds_of_graphs(folder: Path, tmp_path: Path, kind: str) -> None:
    """A tiny model whose table says nothing answers the same for every text."""
    detector = parts._with_values("fast", {"table": 0})(folder, tmp_path / "copy")
    detector.guard._folder.verify()
    detector.guard._runtime.network = Network(detector.guard._folder, native=not kind)
    first, second = detector.scores([ATTACK, PLAIN])
    assert first == second
    with pytest.raises(ValueError, match="has no initializer nowhere"):
        parts._with_values("fast", {"nowhere": 0})(folder, tmp_path / "other")


def test_the_bundled_model_has_every_part() -> None:
    """So that the table of parts stays right when the model changes."""
    for graph, names in (
        ("fast", ("detectors.weight", "read.weight", "ngrams.ngrams.table")),
        ("deep", ("fusion.gate.bias",)),
    ):
        for kind in ("", ".plain"):
            model = onnx.load(BUNDLED / f"{graph}{kind}.onnx", load_external_data=False)
            assert set(names) <= {tensor.name for tensor in model.graph.initializer}


def test_traffic_is_thinned_and_nothing_else() -> None:
    kept = thinned(ROWS, 5)
    assert [row for row in kept if row["set"] == "mixed"] == [row for row in ROWS if row["set"] == "mixed"]
    assert sum(row["set"] == "benign_calm" for row in kept) == 4


@pytest.mark.parametrize(("rate", "convicted"), [(0.0, 0), (0.25, 1), (0.5, 2), (1.0, 4)])
def test_a_threshold_convicts_as_many_as_it_may(rate: float, convicted: int) -> None:
    scored = table({"label": "benign", "length": 1, "score": score} for score in (0.1, 0.4, 0.2, 0.3))
    assert int((scored.score >= threshold_for(scored, rate)).sum()) == convicted


def test_disguises_have_both_sides_and_are_the_same_again() -> None:
    found = disguises(1)
    assert found == disguises(1)
    assert {attack for _, attack, _ in found} == {True, False}
    assert len({name for name, attack, _ in found if attack}) > 150
    padded = in_prose()
    assert len(padded) == 72 and min(map(len, padded)) > 2_000


def test_the_figures_of_an_arm(folder: Path, tmp_path: Path) -> None:
    detector = parts.whole(folder, tmp_path)
    disguised = [("none", True, ATTACK), ("none", False, PLAIN), ("base64", True, CODED), ("base64", True, PLAIN)]
    found = measure(detector, ROWS, disguised, [ATTACK, PLAIN, PLAIN, PLAIN], None)
    assert (found["threshold"], found["auc"], found["detection"], found["traffic"]) == (0.6, 1.0, 1.0, 0.0)
    assert (found["fpr_elsewhere"], found["matrix"], found["matrix_benign"], found["in_prose"]) == (
        0.0,
        0.75,
        0.0,
        0.25,
    )
    allowed = measure(detector, ROWS, disguised, [ATTACK], 0.5)
    assert allowed["traffic"] == 0.5
    assert allowed["threshold"] < np.max(detector.scores([LONG])) < 0.6


def test_the_command(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, out = tmp_path / "texts.jsonl", tmp_path / "out"
    texts.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    monkeypatch.setattr("bench.ablation.__main__.disguises", lambda count: [("a", True, CODED), ("a", False, PLAIN)])
    monkeypatch.setattr("bench.ablation.__main__.in_prose", lambda: [ATTACK])
    main([str(texts), "--out", str(out), "--model", str(folder), "--part", "views", "--every", "2"])
    written = json.loads((out / "ablation.json").read_text())
    assert [(arm["without"], arm["matrix"]) for arm in written["arms"]] == [("", 1.0), ("views", 0.0)]
    assert "| views | " in capsys.readouterr().out
    assert str(tmp_path) not in json.dumps(written["provenance"])
