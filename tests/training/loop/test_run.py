"""The loop on a toy base: it learns, resumes exactly, stops early, quantizes, perturbs, writes and draws."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.toys import toy_options
from training.adversarial.train import AdversarialConfig
from training.loop import checkpoint
from training.loop.journal import read_log, read_validations
from training.loop.objective import compute
from training.loop.options import plain, read_options
from training.loop.run import train
from training.loop.sampler import Sampler
from training.loop.validate import figures, probabilities
from training.model.dual import DualBranch
from training.quantization.qat import QatConfig


def go(folder: Path, out: Path, stop_at: int | None = None, **changes: object) -> None:
    options = toy_options(folder, **changes)
    train(options, folder / "base", folder / "mixture.npz", out, folder / "held.npz", stop_at, quiet=True)


@pytest.fixture(scope="module")
def whole(mixture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    go(mixture, out, tensorboard=True)
    return out


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_resumed_run_gives_the_same_weights(mixture: Path, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(mixture, tmp_path, stop_at=6)
    assert checkpoint.load(tmp_path / "last.pt")["step"] == 4
    go(mixture, tmp_path)
    undisturbed, resumed = checkpoint.load(whole / "last.pt"), checkpoint.load(tmp_path / "last.pt")
    assert undisturbed["step"] == resumed["step"] == 8
    assert same(undisturbed["model"], resumed["model"])
    assert same(undisturbed["average"], resumed["average"])
    assert [row["step"] for row in read_log(tmp_path / "log.csv")] == [2, 4, 6, 8]


def test_a_run_begins_with_another_runs_averaged_weights(mixture: Path, whole: Path, tmp_path: Path) -> None:
    still = toy_options(mixture, steps=1, warmup=0, rate=0.0, head_rate=0.0)
    train(still, mixture / "base", mixture / "mixture.npz", tmp_path, quiet=True, weights=whole / "last.pt")
    begun, other = checkpoint.load(tmp_path / "last.pt"), checkpoint.load(whole / "last.pt")
    assert begun["step"] == 1
    assert same(begun["model"], other["average"])
    assert not same(begun["model"], other["model"])


def test_a_run_leaves_its_journal_and_pictures(mixture: Path, whole: Path) -> None:
    rows = read_log(whole / "log.csv")
    assert {"loss", "accuracy", "rate", "tokens_per_second", "part_fused", "part_load_balance", "part_router"} <= set(
        rows[-1]
    )
    validations = read_validations(whole / "validation.jsonl")
    assert [row["step"] for row in validations] == [4, 8]
    assert np.sum(validations[-1]["confusion"]) == len(np.load(mixture / "held.npz")["ends"])
    assert list((whole / "tensorboard").glob("events.out.tfevents.*"))
    for name in ("loss", "parts", "rate", "accuracy_f1", "routing", "confusion", "reliability"):
        assert (whole / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_router_threshold_keeps_the_share_of_traffic_fast(mixture: Path, whole: Path) -> None:
    model, options = checkpoint.load_model(whole / "last.pt")
    held = dict(np.load(mixture / "held.npz"))
    stay = probabilities(model, held)["stay"][held["traffic"]]
    last = read_validations(whole / "validation.jsonl")[-1]
    assert float(model.router.threshold) == pytest.approx(last["router_threshold"], abs=1e-6)
    assert abs((stay >= last["router_threshold"] - 1e-6).mean() - options.fast_share) <= 1 / len(stay) + 0.01


def test_the_loop_learns(mixture: Path, tmp_path: Path) -> None:
    go(
        mixture,
        tmp_path,
        steps=120,
        rate=2e-3,
        head_rate=4e-3,
        warmup=5,
        validate_every=120,
        checkpoint_every=120,
        ema=0.9,
    )
    assert read_validations(tmp_path / "validation.jsonl")[-1]["auc"] > 0.85


def test_a_run_stops_when_nothing_gets_better(mixture: Path, tmp_path: Path) -> None:
    go(mixture, tmp_path, rate=0.0, head_rate=0.0, patience=2, validate_every=1, steps=50)
    assert checkpoint.load(tmp_path / "last.pt")["step"] == 3
    assert checkpoint.load(tmp_path / "best.pt")["step"] == 1


def test_accumulated_batches_are_one_step(mixture: Path) -> None:
    """Two batches' gradients, halved, are the mean gradient of both."""
    options = toy_options(mixture)
    torch.manual_seed(0)
    model = DualBranch(options.model).eval()
    data = dict(np.load(mixture / "mixture.npz"))
    batches = [Sampler(data, options, seed).batch() for seed in (1, 2)]
    alone = []
    for batch in batches:
        model.zero_grad()
        compute(model, batch, data, options, adversarial=False).total.backward()
        alone.append(model.fast_heads.classes.weight.grad.clone())
    model.zero_grad()
    for batch in batches:
        (compute(model, batch, data, options, adversarial=False).total / 2).backward()
    torch.testing.assert_close(model.fast_heads.classes.weight.grad, sum(alone) / 2)


@pytest.mark.parametrize("method", ["fgsm", "pgd", "trades"])
def test_adversarial_steps_add_their_loss(mixture: Path, tmp_path: Path, method: str) -> None:
    config = AdversarialConfig(method=method, start_step=4, start_epoch=0.0, share=1.0, steps=2)
    go(mixture, tmp_path, adversarial=config)
    rows = {int(row["step"]): row for row in read_log(tmp_path / "log.csv")}
    assert "part_adversarial" not in rows[4]
    assert rows[8]["part_adversarial"] > 0


def test_quantization_aware_training_begins_at_its_step(mixture: Path, tmp_path: Path) -> None:
    config = QatConfig(enabled=True, start_step=4, start_epoch=0.0, include=("*layers*",), embeddings=False)
    options = toy_options(mixture, quantization=config)
    train(options, mixture / "base", mixture / "mixture.npz", tmp_path, quiet=True)
    plain_out = tmp_path / "plain"
    train(toy_options(mixture), mixture / "base", mixture / "mixture.npz", plain_out, quiet=True)
    quantized, ordinary = (checkpoint.load(folder / "last.pt")["model"] for folder in (tmp_path, plain_out))
    assert quantized.keys() == ordinary.keys()  # the checkpoint does not notice
    assert not same(quantized, ordinary)


def test_bf16_gives_finite_weights(mixture: Path, tmp_path: Path) -> None:
    go(mixture, tmp_path, precision="bf16")
    assert all(value.isfinite().all() for value in checkpoint.load(tmp_path / "last.pt")["model"].values())


def test_two_processes_hold_the_same_weights(mixture: Path, tmp_path: Path) -> None:
    """Through Accelerate on two CPU processes: each draws rows of its own, the averaged gradients keep them together."""
    config = tmp_path / "options.yaml"
    config.write_text(json.dumps(plain(toy_options(mixture))))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m",
               "training.loop.run"]  # fmt: skip
    arguments = ["--config", config, "--base", mixture / "base", "--data", mixture / "mixture.npz", "--out", tmp_path / "out",
                 "--threads", "1"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, env=environment, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    saved = checkpoint.load(tmp_path / "out/last.pt")
    assert saved["step"] == 8
    assert len(saved["processes"]) == 2
    one, two = (process["sampler"] for process in saved["processes"])
    assert one["rng"]["state"] != two["rng"]["state"]


def test_figures_by_hand() -> None:
    p = {
        "classes": np.array([[0.9, 0.1, 0, 0], [0.2, 0.8, 0, 0], [0.6, 0.2, 0.2, 0], [0.1, 0.0, 0.9, 0]]),
        "fast": np.array([[0.9, 0.1, 0, 0]] * 4),
        "stay": np.array([0.9, 0.1, 0.8, 0.2]),
    }
    data = {"class": np.array([0, 1, 2, 2]), "traffic": np.array([True, False, False, False])}
    found = figures(p, data, 0.5)
    assert found["accuracy"] == 0.75
    assert found["detection"] == pytest.approx(2 / 3)
    assert found["false_positives"] == 0.0
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert found["auc"] == 1.0
    assert found["auc_fast"] == 0.5
    assert (found["fast_share"], found["fast_share_traffic"]) == (0.5, 1.0)
    assert found["confusion"] == [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_options_come_from_a_file_and_from_overrides(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("steps: 7\nmodel: {experts: 4}\nloss: {weights: {router: 0.2}}\n")
    options = read_options(file, ["model.patterns=false", "rate=0.5", "adversarial.method=fgsm"])
    assert (options.steps, options.model.experts, options.model.patterns, options.rate) == (7, 4, False, 0.5)
    assert options.loss.weights.router == 0.2
    assert options.adversarial.method == "fgsm"
    assert read_options(file, ["rate=5e-5"]).rate == 5e-5  # which YAML takes for text
    for wrong in ("stepps=3", "model.layers=2"):
        with pytest.raises(ValueError, match="no field"):
            read_options(file, [wrong])
    again = tmp_path / "again.yaml"
    again.write_text(json.dumps(plain(options)))
    assert dataclasses.asdict(read_options(again)) == dataclasses.asdict(options)
