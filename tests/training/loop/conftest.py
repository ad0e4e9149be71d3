from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.toys import run, toy_base, toy_rows


@pytest.fixture(scope="session")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `base` (a toy), `mixture.npz` and `held.npz`."""
    folder = tmp_path_factory.mktemp("loop")
    toy_base(folder / "base")
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in toy_rows()))
    run("training.data.mixture", folder / "base/tokenizer.json", folder / "mixture.npz", rows)
    run("training.data.mixture", folder / "base/tokenizer.json", folder / "held.npz", rows, "--as-is")
    return folder
