"""Calibration finds again what scores were bent by, and the command leaves a model that keeps its promises."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_model import DEEP_TRIGGER, ORDINARY, UNSURE, write_model
from tinyguard import Guard
from training import calibrate
from training.calibrate import BUDGETS, best_calibration, routed, router_threshold, threshold_for


@pytest.mark.parametrize(("temperature", "shift"), [(1.0, 0.0), (0.5, 1.0), (2.0, -1.5)])
def test_calibration_undoes_a_temperature_and_a_shift(temperature: float, shift: float) -> None:
    rng = np.random.default_rng(1)
    logit = rng.normal(-1, 2, 60_000)
    label = rng.random(60_000) < 1 / (1 + np.exp(-logit))
    bent = 1 / (1 + np.exp(-(logit + shift) * temperature))
    found = best_calibration(bent, label)
    assert found[0] == pytest.approx(temperature, rel=0.06)
    assert found[1] == pytest.approx(shift, abs=0.1)


@pytest.mark.parametrize(("share", "wanted"), [(0.7, 0.4), (0.0, 0.9), (1.0, 0.1), (0.5, 0.6), (0.41, 0.6), (0.6, 0.5)])
def test_a_share_of_ordinary_texts_stays_fast(share: float, wanted: float) -> None:
    stay = np.array([0.1, 0.2, 0.4, 0.4, 0.5, 0.6, 0.6, 0.7, 0.8, 0.9])
    threshold = router_threshold(stay, share)
    assert threshold == wanted
    assert (stay >= threshold).mean() >= share


@pytest.mark.parametrize(
    ("budget", "wanted"), [(0.0, 0.9124), (0.25, 0.9001), (0.5, 0.3001), (0.7, 0.3001), (0.75, 0.0001)]
)
def test_a_threshold_keeps_its_budget(budget: float, wanted: float) -> None:
    score = np.array([0.9, 0.0, 0.91236, 0.3])
    threshold = threshold_for(score, budget)
    assert threshold == pytest.approx(wanted, abs=1e-9)
    assert (score >= threshold).mean() <= budget
    assert threshold_for(np.ones(4), budget) == 1.0


def test_one_unsure_window_is_enough_to_go_deep(tiny_guard: Guard) -> None:
    long = " ".join([*ORDINARY * 9, UNSURE, *ORDINARY * 9])
    texts = ["the weather", f"the {UNSURE}", long, " "]
    score, (calm, unsure, lost, empty) = routed(tiny_guard, texts)
    assert calm > 0.95 > 0.05 > unsure == lost
    assert empty == 1.0
    assert score.tolist() == [verdict.score for verdict in tiny_guard.classify_batch(texts)]


def rows(count: int, unsure: int, *more: str, seed: int = 0) -> list[str]:
    """This many ordinary texts with these words in them, the first of which leave the router unsure."""
    rng = random.Random(seed)
    return [" ".join([*rng.choices(ORDINARY, k=6), *more, *([UNSURE] if i < unsure else [])]) for i in range(count)]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_model(tmp_path / "model")
    before = json.loads((folder / "model.json").read_text())
    files = {
        "benign_talk": [{"text": text, "label": "benign"} for text in rows(40, 10) + rows(2, 0, "perhaps")],
        "attacks": [
            {"text": text, "label": "jailbreak"} for text in rows(20, 5, "roleplay") + rows(20, 20, DEEP_TRIGGER)
        ],
        "harm": [{"text": text, "label": "harmful_request"} for text in rows(50, 0)],
        "traffic": [{"text": text} for text in rows(60, 50, seed=1)],
    }
    for name, content in files.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
    labelled = [str(tmp_path / f"{name}.jsonl") for name in ("benign_talk", "attacks", "harm")]

    options = ["--fast-share", "0.7", "--every", "1"]

    def run(*arguments: str) -> dict[str, object]:
        monkeypatch.setattr(sys, "argv", ["calibrate", str(folder), *labelled, *arguments, *options])
        calibrate.main()
        found: dict[str, object] = json.loads((folder / "model.json").read_text())
        return found

    found = run()
    assert {key: value for key, value in found.items() if before[key] != value}.keys() <= {
        "calibration", "router_threshold", "thresholds", "threshold_budgets",
    }  # fmt: skip
    assert found["threshold_budgets"] == BUDGETS
    # 32 of 42 ordinary texts are sure: a threshold between the two kinds keeps enough of them fast.
    assert 0.9 < found["router_threshold"] < 1
    assert "76.2% of 42 ordinary texts stay fast" in capsys.readouterr().out
    # The deep branch sees the attacks that the fast one misses, so its scores deserve more trust.
    assert found["calibration"]["deep"] != found["calibration"]["fast"]
    guard = Guard(model=folder)
    assert guard.classify(f"the {UNSURE} and {DEEP_TRIGGER} weather").route == "both"
    calm = np.array([verdict.score for verdict in guard.classify_batch([row["text"] for row in files["benign_talk"]])])
    for name, share in BUDGETS.items():
        assert found["thresholds"][name] == threshold_for(calm, share)
    # Traffic that is mostly unsure lets it be answered fast all the same: 70 % is what was asked for.
    assert 0 < run("--traffic", str(tmp_path / "traffic.jsonl"))["router_threshold"] < 0.1
    # Again with the first run's values in the file: nothing of them is left in the result.
    assert run() == found


def test_budgets_need_ordinary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path / "model")
    before = (folder / "model.json").read_bytes()
    (tmp_path / "attacks.jsonl").write_text(json.dumps({"text": "roleplay", "label": "jailbreak"}) + "\n")
    monkeypatch.setattr(sys, "argv", ["calibrate", str(folder), str(tmp_path / "attacks.jsonl")])
    with pytest.raises(SystemExit):
        calibrate.main()
    assert (folder / "model.json").read_bytes() == before
