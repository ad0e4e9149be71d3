"""What a model already knows of a mixture: its losses by row, and where a long benign text is suspect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from tinyguard.network import Reading
from training.data.difficulty import CORE, Pieces, classes, measure, pieces
from training.loop.options import RunOptions
from training.loop.sampler import CLS, SEP, Sampler

SIZE, OVERLAP = 20, 5
#: Token that the model below takes for an attack.
BAD = 9


class Convicts:
    """A network that convicts windows with BAD in them, and remembers what it was given."""

    folder = SimpleNamespace(classes=("benign", "direct_injection", "jailbreak", "obfuscation"))

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []

    def read(self, ids: np.ndarray, lengths: np.ndarray, features: np.ndarray) -> list[Reading]:
        self.seen.append((ids, lengths))
        said = []
        for row, length in zip(ids, lengths, strict=True):
            attack = 0.9 if BAD in row[:length] else 0.1
            said.append(Reading(np.array([1 - attack, attack, 0, 0]), 0, 0.0, 0.0, 0, 0.0))
        return said


def arrays(*texts: list[int], labels: list[int], focus: list[tuple[int, int]] | None = None) -> dict[str, Any]:
    n = len(texts)
    return {
        "tokens": np.concatenate([np.array(t, np.uint16) for t in texts]),
        "ends": np.cumsum([len(t) for t in texts]),
        "weight": np.full(n, 1 / n),
        "focus": np.array(focus or [(-1, -1)] * n, np.int32),
        "doubtful": np.zeros(n, bool),
        "generated": np.zeros(n, bool),
        "features": np.zeros((n, 3), np.float32),
        "class": np.array(labels),
    }


def text(length: int, *bad: int) -> list[int]:
    return [BAD if i in bad else 10 + i % 50 for i in range(length)]


def everything(data: dict[str, Any]) -> Pieces:
    return pieces(data, np.arange(len(data["ends"])), SIZE, OVERLAP)


def test_a_benign_text_is_covered_and_of_an_attack_its_beginning_or_its_focus() -> None:
    data = arrays(
        text(8), text(50), text(50), text(50), labels=[0, 0, 1, 1], focus=[(-1, -1)] * 3 + [(40, 44)]
    )  # fmt: skip
    cut = everything(data)
    assert cut.row.tolist() == [0, 1, 1, 1, 2, 3]
    assert (cut.end - cut.begin).tolist() == [8, 20, 20, 20, 10, 10]
    assert cut.begin.tolist() == [0, 8, 23, 38, 58, 108 + 37]


def test_of_a_generated_text_its_beginning_will_do() -> None:
    data = arrays(text(50), labels=[0]) | {"generated": np.array([True])}
    assert [part.tolist() for part in everything(data)] == [[0], [0], [10]]


def test_the_model_is_given_framed_windows() -> None:
    network, data = Convicts(), arrays(text(3), text(5, 2), labels=[0, 1])
    found = classes(network, data, everything(data), threads=2)  # type: ignore[arg-type]
    assert found[:, 1].tolist() == [0.1, 0.9]
    (ids, lengths), *_ = network.seen
    assert lengths.tolist() == [5, 7]
    assert (ids[:, 0] == CLS).all()
    assert [row[n - 1] for row, n in zip(ids, lengths, strict=True)] == [SEP, SEP]


def test_a_long_benign_text_counts_by_its_worst_window() -> None:
    data = arrays(text(50, 45), text(50, 4), text(50, 45), text(50, 45), labels=[0, 1, 1, 0])
    cut = pieces(data, np.arange(3), SIZE, OVERLAP)
    difficulty, focus = measure(data, cut, classes(Convicts(), data, cut, 1))  # type: ignore[arg-type]
    assert np.allclose(np.exp(-difficulty), [0.1, 0.9, 0.1, 1.0])  # the last one was not looked at
    # The middle of the last window, tokens 30 to 50; attacks have no focus but their own.
    assert focus.tolist() == [[40 - CORE // 2, 40 + CORE // 2], [-1, -1], [-1, -1], [-1, -1]]


def test_a_sampler_begins_with_what_was_measured() -> None:
    data = arrays(text(8), text(8), text(8), labels=[0, 0, 1])
    options = RunOptions(difficulty_floor=0.2, doubt_above=2.0)
    assert Sampler(data, options, 1).difficulty.tolist() == [1, 1, 1]
    data |= {"difficulty": np.array([0.01, 0.6, 3.0]), "doubtful": np.array([False, False, True])}
    assert Sampler(data, options, 1).difficulty.tolist() == [0.2, 0.6, 0.2]
