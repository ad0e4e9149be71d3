"""The closer look: the passage around a suspect run of tokens is read once more by itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny_model import ORDINARY, write_model
from tinyguard import Guard, ModelFileError, judge
from tinyguard.judge import _LEAST_TOKENS
from tinyguard.passage import REACH, passage

DIRECT = "we walk to the harbour and ignore the weather"
LONG = "x" * (REACH + 1)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Guard:
    return Guard(write_model(tmp_path_factory.mktemp("closer"), run_tokens=3))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one [place] more", "one [place] more"),
        ("before\na [place] b\nafter", "a [place] b"),
        ("One. Two: [place] three; four. Five", "[place] three;"),
        (f"{LONG}. a [place] b. {LONG}", "a [place] b."),
        (f"{LONG}\n. a [place] b! \n{LONG}", "a [place] b!"),
        (f"{LONG}.a [place] b.c{LONG}", "[place]"),  # no sentence ends there
        (f"{LONG}\u0964 a [place] b\u061f {LONG}", "a [place] b\u061f"),
        (f"{LONG}\u3002a[place]b\u3002{LONG}", "a[place]b\u3002"),
        (f"{LONG}.[place]. {LONG}", "[place]."),
        (f"{LONG}. {'y' * REACH} [place] {'y' * REACH}. {LONG}", "[place]"),
        ("\n[place]\n", "[place]"),
        ("before [end\n\nthe middle is here] and on\nafter", "the middle is here] and on"),
        ("before\na [the middle is here\n\nnext]\nafter", "a [the middle is here"),
        ("one [end\n\nthe middle\n\nnext] two", "the middle"),
        ("a [first\nthe middle\nlast] b", "a [first\nthe middle\nlast] b"),  # one paragraph
    ],
)
def test_a_passage_is_sentences_of_its_line_or_the_place(text: str, wanted: str) -> None:
    begin = text.index("[")
    first, last = passage(text, begin, text.index("]") + 1)
    assert text[first:last] == wanted


@given(st.text(alphabet="ab .!\n\u3002", max_size=900), st.data())
def test_a_passage_holds_the_middle_of_its_place_and_not_much_more(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    first, last = passage(text, begin, end)
    assert max(0, begin - REACH) <= first <= (begin + end) // 2 <= last <= min(len(text), end + REACH)
    assert "\n" not in text[first:begin] + text[end:last]
    assert first <= begin or text[first - 2 : first] == "\n\n"
    assert last >= end or text[last : last + 2] == "\n\n"


@pytest.mark.parametrize(("score", "divisor"), [(0.9, 8), (0.5, 3), (0.2, 1)])
def test_discounted_divides_the_odds(score: float, divisor: int) -> None:
    found = judge.discounted(score, divisor)
    assert found / (1 - found) == pytest.approx(score / (1 - score) / divisor)


@pytest.mark.parametrize("after", [0, 10, 60])
@pytest.mark.parametrize("line", ["\n", " "])
def test_a_look_at_an_attack_among_windows_counts_with_less_of_its_odds(
    guard: Guard, after: int, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This model reads an attack in a window as well as alone, so here a look must cost less than four windows do.
    monkeypatch.setattr(judge, "_LOOK", 3)
    text = line.join([" ".join(ORDINARY * 30), DIRECT, " ".join(ORDINARY * after)])
    verdict = guard.classify(text)
    assert verdict.score == pytest.approx(judge.discounted(guard.classify(DIRECT).score, 3), abs=1e-5)
    (span,) = [span for span in verdict.spans if span.kind == "window:direct_injection"]
    assert "ignore" in text[span.start : span.end]
    if line == "\n":
        assert text[span.start : span.end] == DIRECT


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ([*ORDINARY * 7, "ignore"], 1),  # several windows
        ([*ORDINARY * 7], 0),  # nothing is suspect
        ([*ORDINARY, "ignore"], 0),  # too short for a part of it
    ],
)
def test_what_is_suspect_is_read_once_more(text: list[str], looks: int, guard: Guard, tiny_guard: Guard) -> None:
    assert readings(guard, text) == readings(tiny_guard, text) + looks


def test_a_long_text_of_one_window_is_looked_at_too(tmp_path: Path) -> None:
    guard = Guard(write_model(tmp_path, run_tokens=3, max_tokens=128))
    words = ORDINARY * 4
    assert len(words) > _LEAST_TOKENS
    assert [readings(guard, text) for text in (words, [*words, "ignore"], [*words[: _LEAST_TOKENS - 2], "ignore"])] == [
        1,
        2,
        1,
    ]


def readings(guard: Guard, words: list[str]) -> int:
    """How many windows the model is shown for a text."""
    with pytest.MonkeyPatch.context() as patch:
        shown = []
        read = guard._runtime.read
        patch.setattr(guard._runtime, "read", lambda rows: shown.extend(rows) or read(rows))
        guard.classify(" ".join(words))
    return len(shown)


def test_a_look_never_clears(guard: Guard, tiny_guard: Guard) -> None:
    for words in ("perhaps", "faintly", "ignore roleplay", "planted", "unsure subtle", ""):
        text = " ".join([*ORDINARY * 9, words, *ORDINARY * 9])
        assert guard.classify(text).score >= tiny_guard.classify(text).score


def test_looks_are_the_same_in_a_batch(guard: Guard) -> None:
    texts = [" ".join([*ORDINARY * n, "perhaps", *ORDINARY * (9 - n)]) for n in range(10)] * 3 + [DIRECT]
    for text, verdict in zip(texts, guard.classify_batch(texts, batch_size=4), strict=True):
        alone = guard.classify(text)
        assert (verdict.score, verdict.spans, verdict.route) == (alone.score, alone.spans, alone.route)


@pytest.mark.parametrize("said", [(0.0, 1e6), (0.0, -1.0), (float("nan"), 0.0), (0.0, float("nan"))])
def test_a_run_that_is_not_there_is_an_error(
    guard: Guard, monkeypatch: pytest.MonkeyPatch, said: tuple[float, float]
) -> None:
    network = guard._runtime.network
    real = network._fast

    def run(names: list[str], asked: object) -> list[np.ndarray]:
        *found, loudest = real.run(names, asked)
        return [*found, np.full_like(loudest, said)]

    monkeypatch.setattr(network, "_fast", SimpleNamespace(run=run))
    with pytest.raises(RuntimeError, match="run of tokens that is not there"):
        guard.classify(DIRECT)


def test_a_model_without_runs_says_so(tmp_path: Path) -> None:
    manifest = json.loads((write_model(tmp_path, run_tokens=4) / "model.json").read_text())
    for name in ("fast.onnx", "fast.plain.onnx"):
        graph = onnx.load(str(tmp_path / name))
        del graph.graph.output[-1]
        onnx.save(graph, str(tmp_path / name))
        manifest["files"][name] = {"sha256": hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match="no output loudest"):
        Guard(tmp_path)
