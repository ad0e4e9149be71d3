from __future__ import annotations

from pathlib import Path

from bench.latency.versions import times
from tests.tiny_model import UNSURE, write_model
from tinyguard import Guard


def test_texts_are_told_apart_by_the_way_that_both_take(tmp_path: Path) -> None:
    sure, doubtful = "the weather is fine", f"the weather is {UNSURE}"
    guards = Guard(write_model(tmp_path / "old")), Guard(write_model(tmp_path / "new", deep_reads="ids"))
    found = times(*guards, [sure, doubtful, sure], rounds=2)
    assert [one.way for one in found] == ["fast", "deep", "fast"]
    assert all(0 < seconds < float("inf") for one in found for seconds in (one.old, one.new))


def test_a_text_on_which_they_differ_is_told_apart(tmp_path: Path) -> None:
    never = Guard(write_model(tmp_path / "never", router_threshold=0.0))
    found = times(Guard(write_model(tmp_path / "old")), never, [f"the weather is {UNSURE}"], rounds=1)
    assert [one.way for one in found] == ["one"]
