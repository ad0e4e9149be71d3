"""The search: domains, resuming, pruning, tables; with a stand-in for the run, and once with a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.loop.conftest import mixture  # noqa: F401
from tests.training.toys import toy_options
from training import hpo
from training.loop.options import RunOptions, fill, plain, read_options
from training.loop.run import train

SPACE = {
    "rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "loss.kind": {"choices": ["cross_entropy", "focal"]},
    "accumulate": {"low": 1, "high": 3},
}
CONFIG = {
    "options": {"steps": 4}, "objective": "auc", "trials": 6, "seed": 3, "prune": {"startup": 2}, "space": SPACE,
}  # fmt: skip
HERE = Path("nowhere")


class Stand:
    """In place of a run: the figure is the better the nearer the rate is to 1e-3."""

    def __init__(self, kill_at: int | None = None):
        self.options: list[RunOptions] = []
        self.kill_at = kill_at

    def __call__(self, options: RunOptions, base: Any, data: Any, out: Any, held: Any, **more: Any) -> None:
        self.options.append(options)
        if len(self.options) == self.kill_at:
            raise KeyboardInterrupt
        for step in (2, 4):
            more["on_validation"](step, {"auc": 1.0 - abs(options.rate - 1e-3) * 50, "detection": 0.0})


def test_a_search_makes_its_trials_and_its_tables(tmp_path: Path) -> None:
    run = Stand()
    study = hpo.search(CONFIG, None, HERE, HERE, tmp_path, run=run)
    assert len(study.trials) == len(run.options) == 6
    assert all(1e-4 <= o.rate <= 1e-2 and o.accumulate in (1, 2, 3) and o.steps == 4 for o in run.options)
    assert any(t.state.name == "PRUNED" for t in study.trials)
    best = min(run.options, key=lambda o: abs(o.rate - 1e-3))
    assert read_options(tmp_path / "best.yaml") == best
    lines = (tmp_path / "hpo.md").read_text().splitlines()
    assert len(lines) == 2 + 6
    assert f"{best.rate:.4g}" in lines[2]


def test_a_stopped_search_goes_on(tmp_path: Path) -> None:
    killed = Stand(kill_at=3)
    with pytest.raises(KeyboardInterrupt):
        hpo.search(CONFIG, None, HERE, HERE, tmp_path, run=killed)
    rest = Stand()
    study = hpo.search(CONFIG, None, HERE, HERE, tmp_path, run=rest)
    assert len(rest.options) == 4  # two of six were made
    assert rest.options[0] == killed.options[2]  # and what was under way comes first
    assert [t.state.name for t in study.trials].count("FAIL") == 1
    assert hpo.search(CONFIG, None, HERE, HERE, tmp_path, run=Stand(kill_at=1)).best_value == study.best_value


def test_a_wrong_domain_is_named(tmp_path: Path) -> None:
    for domain in ({"low": 1}, {"low": 1, "high": 2, "step": 1}):
        wrong = CONFIG | {"space": {"rate": domain}}
        with pytest.raises(ValueError, match="rate"):
            hpo.search(wrong, None, HERE, HERE, tmp_path, run=Stand())
    with pytest.raises(ValueError, match="no field"):
        hpo.search(CONFIG | {"space": {"speed": {"choices": [1]}}}, None, HERE, HERE, tmp_path / "b", run=Stand())


def test_the_shipped_space_fits_the_options() -> None:
    config = yaml.safe_load(Path("training/configs/hpo.yaml").read_text())
    for end in ("low", "high"):
        chosen = {name: d["choices"][0] if "choices" in d else float(d[end]) for name, d in config["space"].items()}
        fill(RunOptions, hpo.with_values(config["options"], chosen))
    assert config["options"] == hpo.with_values(config["options"], {})


def test_a_real_trial(mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    options = plain(toy_options(mixture, steps=2, validate_every=1, log_every=1))
    config = CONFIG | {"options": options, "trials": 1, "space": {"rate": SPACE["rate"]}}
    study = hpo.search(config, mixture / "base", mixture / "mixture.npz", mixture / "held.npz", tmp_path, run=train)
    assert 0 <= study.best_value <= 1
    assert set(study.trials[0].intermediate_values) == {1, 2}
    assert not (tmp_path / "trial").exists()
