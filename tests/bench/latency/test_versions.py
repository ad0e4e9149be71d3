from __future__ import annotations

from pathlib import Path

from bench.latency.versions import ratios
from tests.tiny_model import UNSURE, write_model
from tinyguard import Guard


def test_texts_are_told_apart_by_the_way_that_both_take(tmp_path: Path) -> None:
    sure, doubtful = "the weather is fine", f"the weather is {UNSURE}"
    guards = Guard(write_model(tmp_path / "old")), Guard(write_model(tmp_path / "new", deep_reads="ids"))
    found = ratios(*guards, [sure, doubtful, sure], rounds=2)
    assert [len(found[way]) for way in ("fast", "deep")] == [2, 1]
    assert all(value > 0 for values in found.values() for value in values)


def test_a_text_on_which_they_differ_is_left_out(tmp_path: Path) -> None:
    never = Guard(write_model(tmp_path / "never", router_threshold=0.0))
    found = ratios(Guard(write_model(tmp_path / "old")), never, [f"the weather is {UNSURE}"], rounds=1)
    assert found == {"fast": [], "deep": []}
