"""What a whole model says of the rows that a run sees as that model did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.training.data.test_difficulty import arrays, text
from training.data.teacher import ROOM, cut, teachable

ROOT = Path(__file__).parents[3]


def test_rows_that_every_window_shows_alike_have_a_teacher() -> None:
    data = arrays(
        text(ROOM), text(ROOM + 1), text(3 * ROOM), text(3 * ROOM), labels=[0, 0, 1, 1],
        focus=[(-1, -1), (-1, -1), (150, 160), (10, 10 + ROOM + 1)],
    )  # fmt: skip
    assert teachable(data).tolist() == [True, False, True, False]


def test_the_teacher_reads_a_short_row_whole_and_a_long_one_around_its_focus() -> None:
    data = arrays(
        text(20),
        text(3 * ROOM),
        text(3 * ROOM),
        labels=[0, 1, 1],
        focus=[(-1, -1), (200, 210), (3 * ROOM - 4, 3 * ROOM)],
    )
    found = cut(data, np.array([0, 1, 2]))
    starts = np.array([0, 20, 20 + 3 * ROOM])
    assert found.row.tolist() == [0, 1, 2]
    assert (found.begin - starts).tolist() == [0, 205 - ROOM // 2, 2 * ROOM]
    assert (found.end - starts).tolist() == [20, 205 - ROOM // 2 + ROOM, 3 * ROOM]


def test_the_mixture_gets_a_teacher_where_the_model_was_asked(tmp_path: Path) -> None:
    data = arrays(text(12), text(30), text(2 * ROOM), labels=[0, 1, 0])
    data["features"] = np.zeros((3, 29), np.float32)
    np.savez(tmp_path / "mixture.npz", **data)
    command = [sys.executable, "-m", "training.data.teacher", str(ROOT / "tinyguard/weights")]
    subprocess.run([*command, str(tmp_path / "mixture.npz"), str(tmp_path / "taught.npz")], check=True, cwd=ROOT)
    taught = dict(np.load(tmp_path / "taught.npz"))
    assert set(taught) == {*data, "teacher"}
    assert taught["teacher"].shape == (3, 4)
    np.testing.assert_allclose(np.exp(taught["teacher"][:2]).sum(1), 1.0, atol=1e-4)
    assert np.isnan(taught["teacher"][2]).all()
