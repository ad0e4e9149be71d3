"""The notebook, executed once from its first cell to its last, on a toy base and a model of two layers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.toys import FFN, WIDTH, toy_base, toy_rows

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "training/notebooks/colab.ipynb"
MODEL = {
    "width": WIDTH, "heads": 4, "ffn": FFN, "positions": 300, "fast_layers": 1, "deep_layers": 1, "character_width": 6,
    "character_channels": 8, "prototypes_learned": 8, "prototype_width": 12,
}  # fmt: skip
RUN = {
    "steps": 6, "warmup": 2, "batch_tokens": 128, "log_every": 2, "validate_every": 6, "checkpoint_every": 6,
    "precision": "fp32",
}  # fmt: skip


def test_notebook_is_committed_without_output() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    text = "\n".join(cell.source for cell in notebook.cells)
    for step in ("pip", "training.data.vocabulary", "training.data.mixture", "training.loop.run", "training.package"):
        assert step in text


@pytest.mark.filterwarnings("ignore")
def test_notebook_runs_in_short_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = tmp_path / "toy"
    toy.mkdir()
    toy_base(toy / "base")
    lines = [json.dumps(row) + "\n" for row in toy_rows()]
    (toy / "rows.jsonl").write_text("".join(lines[:90]))
    (toy / "held.jsonl").write_text("".join(lines[90:]))
    overrides = [*(f"model.{k}={v}" for k, v in MODEL.items()), *(f"{k}={v}" for k, v in RUN.items())]
    (toy / "overrides.json").write_text(json.dumps(overrides))
    work = tmp_path / "work"
    for name, value in {
        "TINYGUARD_SHORT": "1", "TINYGUARD_TOY": toy, "TINYGUARD_WORK": work,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=280, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    assert (work / "run/last.pt").exists()
    assert (work / "model/model.json").exists()
    shown = "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))
    assert "auc " in shown
