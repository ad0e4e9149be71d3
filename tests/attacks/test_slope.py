"""The verdict over instruction counts, without valgrind; .github/workflows/fuzz.yml counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from attacks import slope
from attacks.texts import TEXTS
from bench.attacks import catalogue


def test_every_technique_and_every_abusive_text_comes_in_two_lengths() -> None:
    pairs = list(slope.pairs())
    assert [name for name, _, _ in pairs] == [row.name for row in catalogue.rows()] + [name for name, _, _ in TEXTS]
    growth = {name: len(long) / len(short) for name, short, long in pairs}
    # What pads by a fixed length, or nests until it is long enough, grows less.
    assert sum(times >= 2 for times in growth.values()) >= 0.9 * len(growth)
    assert all(times > 1 for times in growth.values())


@pytest.mark.parametrize(
    ("cost", "status"), [(lambda n: 500 * n + 90_000, 0), (lambda n: 500 * n + n * n, 1), (lambda n: 40 * n, 0)]
)
def test_a_quadratic_cost_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cost: Callable[[int], int], status: int
) -> None:
    def count(texts: Sequence[str]) -> list[int]:
        return [cost(len(text)) for text in texts]

    monkeypatch.setattr(slope, "count", count)
    monkeypatch.setattr("sys.argv", ["slope", "base64", "hyphens"])
    assert slope.main() == status
    assert "kinds of text" in capsys.readouterr().out
