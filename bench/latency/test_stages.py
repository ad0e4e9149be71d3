"""Every stage of a text's way through the guard, each checked for its result before it is timed.

    python -m bench.latency run

Group names are the stages'. A benchmark that timed a wrong answer would be worse than none, so each first asserts what
the stage must give on the very input that is then timed.
"""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.detector import ROUTES
from bench.latency.conftest import ATTACK, TOKENS
from tinyguard import Guard, _core, native
from tinyguard.judge import Scan, judge
from tinyguard.runtime import Window

SHORT, RUNS = (32, 512), (32, 64, 128, 256)
DETECTORS = ("encoding", "encryption", "entropy", "flip", "homoglyph", "indirect", "leet", "typoglycemia")


@pytest.mark.benchmark(group="normalize")
@pytest.mark.parametrize("tokens", SHORT)
def test_normalize(benchmark: BenchmarkFixture, texts: dict[int, str], tokens: int) -> None:
    text = texts[tokens].replace(" ", "\u200b ")
    assert _core.normalize(text).text == texts[tokens]
    benchmark(_core.normalize, text)


@pytest.mark.benchmark(group="detect")
@pytest.mark.parametrize("name", DETECTORS)
def test_detect(benchmark: BenchmarkFixture, texts: dict[int, str], name: str) -> None:
    native.load()
    text = texts[128]
    assert _core.detect(name, text)[0] < 0.5, "ordinary prose is not suspicious"
    benchmark(_core.detect, name, text)


@pytest.mark.benchmark(group="analyze")
@pytest.mark.parametrize("tokens", TOKENS)
def test_analyze(benchmark: BenchmarkFixture, texts: dict[int, str], tokens: int) -> None:
    analysis = native.analyze(texts[tokens])
    assert [view.text for view in analysis.views] == [texts[tokens]]
    benchmark(native.analyze, texts[tokens])


@pytest.mark.benchmark(group="views")
def test_views_of_encoded_text(benchmark: BenchmarkFixture, texts: dict[int, str]) -> None:
    import base64

    text = base64.b64encode(texts[64].encode()).decode()
    assert texts[64] in [view.text for view in native.analyze(text).views]
    benchmark(native.analyze, text)


@pytest.mark.benchmark(group="tokenize")
@pytest.mark.parametrize("tokens", TOKENS)
def test_tokenize(benchmark: BenchmarkFixture, guard: Guard, texts: dict[int, str], tokens: int) -> None:
    runtime, features = guard._runtime, native.analyze(texts[tokens]).features

    def windows() -> list[Any]:
        return list(runtime.windows(texts[tokens], features))

    made = windows()
    assert made[0].tokens[0] == 0
    assert made[-1].tokens[1] > 0
    assert sum(last - first for first, last in (window.tokens for window in made)) >= guard.token_count(texts[tokens])
    benchmark(windows)


def first_window(guard: Guard, text: str) -> Window:
    return next(guard._runtime.windows(text, native.analyze(text).features))


@pytest.mark.benchmark(group="fast run")
@pytest.mark.parametrize("tokens", RUNS)
def test_fast_run(benchmark: BenchmarkFixture, guard: Guard, texts: dict[int, str], tokens: int) -> None:
    """Embedding, fast branch and router."""
    network, window = guard._runtime.network, first_window(guard, texts[tokens])
    lengths = np.array([len(window.ids)])
    feeds = {"ids": window.ids[None], "lengths": lengths, "features": window.features[None]}
    fast = dict(zip(network._outputs, network._fast.run(network._outputs, feeds), strict=True))
    assert fast["answer"].shape == (1, len(guard._runtime.classes) + 18)
    assert np.isclose(fast["routes"].sum(), 1.0, atol=1e-4)
    benchmark(network._fast.run, network._outputs, feeds)


@pytest.mark.benchmark(group="deep run")
@pytest.mark.parametrize("tokens", RUNS)
def test_deep_run(benchmark: BenchmarkFixture, guard: Guard, texts: dict[int, str], tokens: int) -> None:
    """The deep branch alone, where the router asks for it."""
    network, window = guard._runtime.network, first_window(guard, texts[tokens])
    lengths = np.array([len(window.ids)])
    given = {"ids": window.ids[None], "lengths": lengths, "features": window.features[None]}
    fast = dict(zip(network._outputs, network._fast.run(network._outputs, given), strict=True))
    answer, feeds = fast["answer"], network._asked(np.arange(1), given | fast)
    (deep,) = network._deep.run(["answer"], feeds)
    assert deep.shape == answer.shape
    assert np.isfinite(deep).all()
    assert not np.array_equal(deep, answer)
    benchmark(network._deep.run, ["answer"], feeds)


class Known:
    """A session that has its answers already, so that what is timed is the work around it."""

    def __init__(self, session: Any, names: list[str], feeds: dict[str, Any]) -> None:
        self.answers = session.run(names, feeds)

    def run(self, names: list[str], feeds: dict[str, Any]) -> list[Any]:
        return [answer.copy() for answer in self.answers]


@pytest.mark.benchmark(group="join")
@pytest.mark.parametrize("route", ["fast", "deep"])
def test_join(benchmark: BenchmarkFixture, guard: Guard, texts: dict[int, str], route: str) -> None:
    """Routing and calibration of a batch of eight windows, without the graphs."""
    network = copy.copy(guard._runtime.network)
    network.router_threshold = ROUTES[route]
    window = first_window(guard, texts[64])
    lengths = np.full(8, len(window.ids))
    given = np.tile(window.ids, (8, 1)), lengths, np.tile(window.features, (8, 1))
    expected = network.read(*given)
    asked = dict(zip(("ids", "lengths", "features"), given, strict=True))
    fast = Known(network._fast, network._outputs, asked)
    found = dict(zip(network._outputs, fast.answers, strict=True))
    feeds = network._asked(np.arange(8), asked | found)
    network._fast, network._deep = fast, Known(network._deep, ["answer"], feeds)
    readings = network.read(*given)
    assert {reading.route == 0 for reading in readings} == {route == "fast"}
    for found, wanted in zip(readings, expected, strict=True):
        assert np.isclose(found.probabilities.sum(), 1.0)
        assert np.allclose(found.probabilities, wanted.probabilities)
    benchmark(network.read, *given)


@pytest.mark.benchmark(group="judge")
def test_judge(benchmark: BenchmarkFixture, guard: Guard) -> None:
    runtime, analysis = guard._runtime, native.analyze(ATTACK)
    scan = Scan(analysis, "user", runtime.classes)
    (window,) = runtime.windows(ATTACK, analysis.features)
    (reading,) = runtime.read([window])
    scan.add(0, window, reading)
    arguments = (scan, guard._bands["user"], "flag", runtime, 1.0)
    assert judge(*arguments).score == guard.classify(ATTACK).score
    benchmark(judge, *arguments)


@pytest.mark.benchmark(group="classify")
@pytest.mark.parametrize("tokens", TOKENS)
def test_classify(benchmark: BenchmarkFixture, guard: Guard, texts: dict[int, str], tokens: int) -> None:
    verdict = guard.classify(texts[tokens])
    assert verdict.is_safe
    assert not verdict.truncated
    assert guard.classify(f"{texts[tokens]}\n\n{ATTACK}").score > verdict.score
    assert not guard.classify(ATTACK).is_safe
    benchmark(guard.classify, texts[tokens])


@pytest.mark.benchmark(group="mixed traffic")
def test_mixed_traffic(benchmark: BenchmarkFixture, guard: Guard, traffic: list[str]) -> None:
    def every() -> list[bool]:
        return [guard.classify(text).is_safe for text in traffic]

    assert sum(every()) >= 0.9 * len(traffic), "traffic is ordinary"
    benchmark.extra_info["texts"] = len(traffic)
    benchmark(every)


@pytest.mark.benchmark(group="batch")
def test_batch(benchmark: BenchmarkFixture, guard: Guard, traffic: list[str]) -> None:
    verdicts = guard.classify_batch([*traffic, ATTACK])
    assert [verdict.score for verdict in verdicts[:4]] == pytest.approx(
        [guard.classify(text).score for text in traffic[:4]], abs=1e-4
    )
    assert not verdicts[-1].is_safe
    benchmark.extra_info["texts"] = len(traffic)
    benchmark(guard.classify_batch, traffic)


@pytest.mark.benchmark(group="cold start")
def test_cold_start(benchmark: BenchmarkFixture) -> None:
    code = f"import tinyguard; print(tinyguard.Guard().classify({ATTACK!r}).is_safe)"

    def start() -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert start() == "False"
    benchmark.pedantic(start, rounds=5)
