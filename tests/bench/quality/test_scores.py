"""Score files and detectors by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.quality.detectors import describe, load_detector
from bench.quality.scores import read_scores, score_rows, table, write_scores
from tests.bench.quality.tables import ShortDetector, WordDetector
from tests.tiny_model import DEEP_TRIGGER, THRESHOLDS, UNSURE

WORDS = "tests.bench.quality.tables:WordDetector"
ROWS = [
    {"id": "1", "set": "a", "text": "please ignore that", "label": "direct_injection", "lang": "en", "injection": "x"},
    {"id": "2", "set": "a", "text": "fine weather", "label": "benign", "kind": "chat_turn"},
    {"id": "3", "set": "b", "text": "ignore ignore", "label": "harmful_request"},
]


def test_a_score_file_holds_everything_but_the_text(tmp_path: Path) -> None:
    write_scores(tmp_path / "scores.jsonl", score_rows(WordDetector(), ROWS))
    assert [path.name for path in tmp_path.iterdir()] == ["scores.jsonl"]
    content = (tmp_path / "scores.jsonl").read_text()
    assert "ignore" not in content
    assert "weather" not in content
    read = read_scores(tmp_path / "scores.jsonl")
    np.testing.assert_allclose(read.score, [0.7, 0.1, 1.0])
    assert read.label.tolist() == ["direct_injection", "benign", "harmful_request"]
    assert read.length.tolist() == [18, 12, 13]
    assert read.fields["lang"].tolist() == ["en", "", ""]
    assert read.fields["kind"].tolist() == ["", "chat_turn", ""]
    assert read.names("set") == ["a", "b"]
    assert read.counted.tolist() == [True, True, False]
    assert read.attack.tolist() == [True, False, False]


def test_a_score_file_that_is_not_one_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({"label": "benign", "length": 3, "score": 0.5}) + "\n{}\n")
    with pytest.raises(ValueError, match="line 2"):
        read_scores(path)


@pytest.mark.parametrize(("record", "words"), [({"label": "odd", "score": 0.5}, "odd"), ({"score": 1.5}, r"\[0, 1\]")])
def test_labels_and_scores_are_checked(record: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        table([{"label": "benign", "length": 1, **record}])


def test_a_detector_that_forgets_a_text_is_found_out() -> None:
    with pytest.raises(ValueError, match="2 scores for 3 texts"):
        list(score_rows(ShortDetector(), ROWS))


def test_detectors_by_name(tiny_folder: Path) -> None:
    ours = load_detector(f"tinyguard={tiny_folder}")
    assert ours.threshold == THRESHOLDS["balanced"]
    manifest = json.loads((tiny_folder / "model.json").read_text())
    assert describe(ours)["model_sha256"] == {name: entry["sha256"] for name, entry in manifest["files"].items()}
    assert ours.scores(["ignore the weather"])[0] > 0.9 > ours.scores(["the weather"])[0]
    about = describe(ours)
    assert (about["calibration"], about["router_threshold"]) == (manifest["calibration"], manifest["router_threshold"])
    theirs = load_detector(WORDS)
    assert describe(theirs) == {"name": "words", "threshold": 0.5, "rules": 1}
    for name in ("nothing", "no.such.module:Name", "tests.bench.quality.tables:Nothing"):
        with pytest.raises(ValueError, match="no detector"):
            load_detector(name)


def test_routes_and_operators_by_name(tiny_folder: Path) -> None:
    attack = f"the {UNSURE} and {DEEP_TRIGGER} weather"
    adaptive, fast, deep, plain = (
        load_detector(f"tinyguard={tiny_folder}{options}")
        for options in ("", ",route=fast", ",route=deep,operators=standard", ",operators=standard")
    )
    routes = [detector.guard.classify(attack).route for detector in (adaptive, fast, deep, plain)]
    assert routes == ["both", "fast_only", "both", "both"]
    assert [detector.guard.classify("the weather").route for detector in (adaptive, fast)] == ["fast_only"] * 2
    assert deep.guard.classify("the weather").route != "fast_only"
    scores = [detector.scores([attack])[0] for detector in (adaptive, fast, deep, plain)]
    assert scores[0] == scores[2] == scores[3] > 0.9 > 0.1 > scores[1]
    assert (deep.name, describe(deep)["route"]) == ("tinyguard 0, route=deep, operators=standard", "deep")
    assert describe(plain)["operators"] == "standard"
    assert not plain.guard._runtime.network.native
    assert adaptive.name == "tinyguard 0"
    for wrong in ("route=sideways", "operators=quick", "route=fast,speed=9", "route=fast,9"):
        with pytest.raises(ValueError, match=wrong.split(",")[-1].partition("=")[2] or "9"):
            load_detector(f"tinyguard={tiny_folder},{wrong}")
