"""Long texts through the guard: every window is read once, none is missed, and they share the text's odds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_model import MAX_TOKENS, ORDINARY
from tinyguard import Guard, native
from tinyguard.judge import among
from tinyguard.network import Reading
from tinyguard.runtime import BATCH_TOKENS, Runtime, Window

SAFE = "the weather is fine"
DIRECT = "we walk to the harbour and ignore the weather"
FEATURES = np.zeros(29, np.float32)


def test_windows_with_the_same_tokens_are_read_once(tiny_guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = "the weather is fine " * 20_000
    texts = [noise, noise + DIRECT, DIRECT + noise, noise + DIRECT + noise + DIRECT + noise, "x" * 300_000]
    distinct = [tiny_guard.classify(text) for text in texts]
    read = [len(list(tiny_guard._runtime.windows(text, FEATURES))) for text in texts]
    monkeypatch.setattr("tinyguard.runtime._distinct", iter)
    every = [len(list(tiny_guard._runtime.windows(text, FEATURES))) for text in texts]
    assert all(count < 60 and 10 * count < whole for count, whole in zip(read, every, strict=True))
    for text, verdict in zip(texts, distinct, strict=True):
        again = tiny_guard.classify(text)
        assert (again.is_safe, again.threat_type, again.spans) == (verdict.is_safe, verdict.threat_type, verdict.spans)


@given(st.floats(0, 1), st.integers(1, 50))
def test_a_window_among_others_is_less_likely_an_attack(score: float, windows: int) -> None:
    shared = among(score, windows)
    assert among(score, 1) == score
    assert 0 <= among(score, windows + 1) <= shared <= score
    if windows >= 4:
        assert shared == among(score, 4)
    elif 0 < score < 1 - 1e-6:  # nearer to 1 the odds of a double are not exact
        assert shared / (1 - shared) == pytest.approx(score / (1 - score) / windows, rel=1e-6)
    elif score in (0, 1):
        assert shared == score


def test_the_windows_of_a_view_share_its_odds(tiny_guard: Guard) -> None:
    texts = [" ".join([*ORDINARY * 4, "ignore", *ORDINARY * n]) for n in (0, 4, 40)]
    for text in texts:
        windows = list(tiny_guard._runtime.windows(text, native.analyze(text).features))
        readings = tiny_guard._runtime.read(windows)
        worst = max(float(reading.probabilities[1:].sum()) for reading in readings)
        assert tiny_guard.classify(text).score == pytest.approx(among(worst, len(windows)), abs=1e-6)


@given(st.integers(0, 600), st.integers(600, 1200), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_an_attack_anywhere_in_a_long_text_is_found_and_located(
    tiny_guard: Guard, place: int, length: int, random: object
) -> None:
    words = [ORDINARY[(index * 7) % len(ORDINARY)] for index in range(length)]
    words.insert(place, "ignore")
    text = " ".join(words)
    verdict = tiny_guard.classify(text)
    assert verdict.threat_type == "direct_injection"
    (span,) = [span for span in verdict.spans if span.kind == "window:direct_injection"]
    found = text.index("ignore")
    assert span.start <= found < found + len("ignore") <= span.end
    assert len(text[span.start : span.end].split()) <= MAX_TOKENS - 2


@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_an_attack_anywhere_in_200_kilobytes_is_found(tiny_guard: Guard, place: float) -> None:
    words = (ORDINARY * 3000)[: 200_000 // 5]
    words.insert(round(place * len(words)), "ignore")
    text = " ".join(words)
    assert len(text) > 200_000
    verdict = tiny_guard.classify(text)
    assert verdict.score == pytest.approx(among(tiny_guard.classify(DIRECT).score, 4), abs=1e-5)
    (span,) = [span for span in verdict.spans if span.kind.startswith("window:")]
    assert "ignore" in text[span.start : span.end]


def test_spans_point_into_the_original_text(tiny_guard: Guard) -> None:
    padding = "\u200b" * 50  # invisible, not in the normalized text
    text = " ".join([*ORDINARY * 4, padding + "ignore", *ORDINARY * 4])
    (span,) = [span for span in tiny_guard.classify(text).spans if span.kind == "window:direct_injection"]
    assert "ignore" in text[span.start : span.end]
    assert span.end <= len(text)


def test_memory_for_windows_is_bounded(tiny_guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[int] = []
    real_run, real_read = Guard._run, Runtime.read

    def run(self: Guard, items: list, batch_size: int) -> None:
        alive.append(len(items))
        real_run(self, items, batch_size)

    def read(self: Runtime, rows: list[Window]) -> list[Reading]:
        assert len(rows) <= 8
        assert len(rows) * max(len(row.ids) for row in rows) <= BATCH_TOKENS
        return real_read(self, rows)

    monkeypatch.setattr(Guard, "_run", run)
    monkeypatch.setattr(Runtime, "read", read)
    words = random.Random(1).choices(ORDINARY, k=2000 * len(ORDINARY))  # no two windows the same
    tiny_guard.classify_batch([" ".join(words), SAFE], batch_size=8)
    assert max(alive) <= 64
    assert sum(alive) > 1000
