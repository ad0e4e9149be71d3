"""The table of schemes on a toy checkpoint of the dual-branch model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from tests.training.model.conftest import small
from tests.training.toys import toy_base, toy_options, toy_rows
from training.loop import checkpoint
from training.loop.options import plain
from training.model.dual import DualBranch
from training.model.initialize import initialize
from training.quantization import compare


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `base`, `rows.jsonl` and a checkpoint of random weights whose every part says something."""
    folder = tmp_path_factory.mktemp("compare")
    toy_base(folder / "base")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in toy_rows()))
    options = toy_options(folder)
    torch.manual_seed(2)
    model = DualBranch(options.model)
    initialize(model, folder / "base")
    with torch.no_grad():
        model.embedding.characters.project.weight.normal_(std=0.1)
        for heads in (model.fast_heads, model.deep_heads):
            heads.classes.weight.normal_(std=0.5)
    checkpoint.save(folder, {"average": model.state_dict(), "options": plain(options), "step": 0})
    return folder


def test_the_folded_model_answers_as_the_checkpoint_does(folder: Path) -> None:
    whole, _ = checkpoint.load_model(folder / "last.pt")
    ids = torch.arange(4, 24).reshape(2, 10)
    batch = ids, torch.ones_like(ids), torch.rand(2, 29)
    torch.testing.assert_close(compare.float_model(folder / "last.pt")(*batch).fused, whole(*batch).fused)


def test_every_scheme_has_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    command = ["compare", folder / "last.pt", folder / "base/tokenizer.json", folder / "rows.jsonl", "--calibration",
               folder / "rows.jsonl", "--texts", 40, "--calibration-texts", 20, "--tokens", 12]  # fmt: skip
    monkeypatch.setattr(sys, "argv", [*map(str, command)])
    compare.main()
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    rows = {line[0]: [float(cell) for cell in line[1:]] for line in lines[1:]}
    assert list(rows) == ["float32", *compare.SCHEMES]
    assert rows["float32"][:4] == [0.0] * 4
    # Means have a digit more than the largest change.
    assert all(0 < row[0] <= row[2] + 5e-4 < 0.5 for name, row in rows.items() if name != "float32")
    int8 = rows["int8, per token, asymmetric"]
    assert int8[0] < rows["int4 g128 asymmetric"][0]
    assert rows["int4 g128 asymmetric"][4] <= int8[4] <= rows["float32"][4]


def test_scores_take_a_text_s_worst_window() -> None:
    data = compare.Sample([[0, 5, 2], [0, 9, 8, 7, 2], [0, 6, 2]], [0, 1, 0], torch.rand(2, 5).numpy())
    model = small()
    found = compare.scores(model, data, 1.0, 2)
    each = []
    for window, text in zip(data.windows, data.text, strict=True):
        ids = torch.tensor([window])
        with torch.no_grad():
            out = model(ids, torch.ones_like(ids), torch.from_numpy(data.features[[text]]))
        each.append(1 - float(out.fused.classes.double().softmax(-1)[0, 0]))
    assert found.tolist() == pytest.approx([max(each[0], each[2]), each[1]], abs=1e-5)
