"""Ablation runner, width pruning and throughput on a toy base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.loop.conftest import mixture  # noqa: F401
from tests.training.toys import toy_options
from training import ablate
from training.data.mixture import SHARES, select
from training.loop.options import plain
from training.model.config import DualConfig
from training.model.dual import DualBranch
from training.model.initialize import initialize
from training.pruning.width import narrow
from training.throughput import fastest, measure, random_rows


@pytest.fixture
def config(mixture: Path, tmp_path: Path) -> Path:  # noqa: F811
    file = tmp_path / "options.yaml"
    file.write_text(json.dumps(plain(toy_options(mixture, steps=4, log_every=2, validate_every=100))))
    return file


def go(config: Path, folder: Path, out: Path, *arms: str, seeds: tuple[int, ...] = (1,)) -> dict[str, list[dict]]:
    return ablate.ablate(
        config,
        ["model.experts=2"],
        folder / "base",
        folder / "mixture.npz",
        folder / "held.npz",
        out,
        arms,
        seeds,
        quiet=True,
    )


def test_every_arm_is_a_valid_configuration() -> None:
    whole = DualBranch(DualConfig(vocabulary=60, width=24, heads=4, ffn=32, experts=2))
    for name, arm in ablate.ARMS.items():
        overrides = [*(f"model.{k}={v}" for k, v in (("vocabulary", 60), ("width", 24), ("ffn", 32))), *arm.overrides]
        options = ablate.read_options(None, [*overrides, "model.heads=4"])
        if arm.overrides:
            assert options.model != whole.config, name
        DualBranch(options.model)


def test_arms_run_and_the_table_has_them(config: Path, mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out"
    arms = ("full", "no_deep_branch", "no_experts", "random_init")
    found = go(config, mixture, out, *arms)
    assert list(found) == list(arms)
    assert found["no_experts"][0]["parameters"] < found["full"][0]["parameters"]
    assert found["no_deep_branch"][0]["parameters"] < found["no_experts"][0]["parameters"]
    assert 0 <= found["full"][0]["auc"] <= 1
    assert found["full"][0]["train_tokens"] > 0
    text = (out / "ablation.md").read_text()
    assert all(f"| {arm} |" in text for arm in arms)
    assert not list(out.rglob("*.pt"))  # the checkpoints of what is through are gone


def test_what_is_through_is_not_run_again(config: Path, mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out"
    first = go(config, mixture, out, "full", seeds=(1, 2))
    file = out / "full-1/result.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"auc": 0.125}))
    shutil.rmtree(out / "full-2")
    again = go(config, mixture, out, "full", seeds=(1, 2))
    assert again["full"][0]["auc"] == 0.125
    assert again["full"][1]["auc"] == first["full"][1]["auc"]  # the same seed gives the same figures
    assert "±" in (out / "ablation.md").read_text()


def test_real_only_draws_no_generated_row(mixture: Path) -> None:  # noqa: F811
    arrays = dict(np.load(mixture / "mixture.npz"))
    arrays["generated"] = np.arange(len(arrays["ends"])) % 3 == 0
    part = select(arrays, ~arrays["generated"])
    assert len(part["ends"]) == (~arrays["generated"]).sum()
    assert part["ends"][-1] == len(part["tokens"])
    starts = np.concatenate([[0], arrays["ends"][:-1]])
    kept = np.flatnonzero(~arrays["generated"])
    for i in (0, 7, len(kept) - 1):
        begin = part["ends"][i - 1] if i else 0
        row = arrays["tokens"][starts[kept[i]] : arrays["ends"][kept[i]]]
        assert np.array_equal(part["tokens"][begin : part["ends"][i]], row)
    for g in range(len(SHARES)):
        before, after = (a["weight"][a["group"] == g].sum() for a in (arrays, part))
        assert after == pytest.approx(before)


def test_a_mixture_without_the_mark_is_refused(config: Path, mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    arrays = dict(np.load(mixture / "mixture.npz"))
    del arrays["generated"]
    np.savez(tmp_path / "old.npz", **arrays)
    options = ablate.read_options(config, [])
    with pytest.raises(ValueError, match="generated"):
        ablate.run_arm(
            ablate.ARMS["real_only"],
            options,
            mixture / "base",
            tmp_path / "old.npz",
            mixture / "held.npz",
            tmp_path / "r",
            True,
        )


def test_narrowed_base_fits_and_keeps_whole_heads(mixture: Path, tmp_path: Path) -> None:  # noqa: F811
    state = load_file(mixture / "base/model.safetensors")
    layer = "encoder.layer.0."
    state[f"{layer}attention.output.dense.weight"][:, :8] = 9.0  # the first of four heads of eight
    state["embeddings.word_embeddings.weight"][:, 16:] *= 5.0
    small = narrow(state, heads=4, width=16, ffn=16, layers=1)
    assert small["embeddings.word_embeddings.weight"].shape[1] == 16
    assert torch.equal(small["embeddings.word_embeddings.weight"], state["embeddings.word_embeddings.weight"][:, 16:])
    key = "attention.self.key.weight"
    assert torch.equal(small[layer + key][:8], state[layer + key][:8, 16:])
    assert small[f"{layer}attention.output.dense.weight"].shape == (16, 16)
    assert small[f"{layer}intermediate.dense.weight"].shape == (16, 16)
    assert small[f"{layer}output.dense.weight"].shape == (16, 16)
    assert not any(name.startswith("encoder.layer.1") for name in small)
    folder = tmp_path / "narrow"
    folder.mkdir()
    ablate.save_file(small, folder / "model.safetensors")
    shutil.copy(mixture / "base/tokenizer.json", folder)
    options = toy_options(mixture).model
    fits = ablate.dataclasses.replace(options, width=16, heads=2, ffn=16, fast_layers=1, deep_branch=False)
    initialize(DualBranch(fits), folder)
    with pytest.raises(ValueError, match="head size"):
        narrow(state, heads=4, width=13, ffn=16, layers=1)


def test_throughput_counts_the_tokens_of_the_fastest_repeat(mixture: Path) -> None:  # noqa: F811
    calls = []

    def work() -> int:
        calls.append(1)
        return sum(range(20000)) and 100

    speed = fastest(work, steps=3, repeats=2)
    assert len(calls) == 1 + 3 * 2
    assert speed.wall > 0
    speeds = measure(toy_options(mixture), "fp32", length=14, steps=1, repeats=1)
    assert set(speeds) == {"train", "forward"}
    assert all(s.processor > 0 for s in speeds.values())
    rows = random_rows(toy_options(mixture), 10, 14)
    assert rows["ends"][-1] == len(rows["tokens"]) == 140
