"""``tinyguard bench``: how long one text takes on this machine, by length."""

from __future__ import annotations

import argparse
import json
from time import perf_counter
from typing import Any

import numpy as np

from tinyguard.cli.common import EXIT_SAFE, add_guard_options, make_guard, positive
from tinyguard.guard import Guard

_WORDS = (
    "The harbour was quiet in the early morning, and the ferries lay at their moorings while the crews washed the "
    "decks. A baker carried two trays of bread across the square; the bells of the old church struck six. "
    "Later in the day the market filled with people who had come from the villages to sell apples, honey and wool. "
)
BATCH_TEXTS = 128


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("bench", help="measure latency and throughput", description=__doc__)
    parser.add_argument("--tokens", type=positive, nargs="+", default=[32, 128, 512, 4096], metavar="N")
    parser.add_argument("--repeat", type=positive, default=50, help="measured calls for each length (default: 50)")
    parser.add_argument("--batch-size", type=positive, default=32, help="for the throughput figure (default: 32)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_guard_options(parser)
    parser.set_defaults(run=run)


def sample(guard: Guard, tokens: int) -> str:
    """Ordinary prose of about this many tokens, cut at a word. No two of its windows are the same, for the guard would
    read them once."""
    words = "".join([_WORDS, *(f"Day {n}. {_WORDS}" for n in range(2, 2 + tokens // 40))]).split(" ")
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if guard.token_count(" ".join(words[:middle])) <= tokens:
            low = middle
        else:
            high = middle - 1
    return " ".join(words[:low])


def run(options: argparse.Namespace) -> int:
    start = perf_counter()
    guard = make_guard(options)
    guard.classify("warm up")
    cold = perf_counter() - start
    rows = []
    for tokens in options.tokens:
        text = sample(guard, tokens)
        for _ in range(3):
            guard.classify(text)
        times = []
        for _ in range(options.repeat):
            begin = perf_counter()
            guard.classify(text)
            times.append((perf_counter() - begin) * 1e3)
        texts = [text] * max(1, min(BATCH_TEXTS, 64 * 1024 // tokens))
        begin = perf_counter()
        guard.classify_batch(texts, options.batch_size)
        rate = len(texts) / (perf_counter() - begin)
        p50, p95, p99 = (float(value) for value in np.percentile(times, (50, 95, 99)))
        rows.append(
            {"tokens": guard.token_count(text), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "texts_per_s": rate}
        )
    info = guard.info()
    if options.json:
        model = {key: info["model"][key] for key in ("name", "version")}
        about = {**model, **{key: info[key] for key in ("threads", "isa", "machine", "versions")}}
        print(json.dumps({"load_s": cold, **about, "lengths": rows}, indent=2))
        return EXIT_SAFE
    print(f"loaded in {cold:.2f} s; {options.threads} thread(s), {info['machine']}, core {info['isa']}")
    print(f"{'tokens':>7}  {'p50 ms':>8}  {'p95 ms':>8}  {'p99 ms':>8}  {'batch texts/s':>13}")
    for row in rows:
        latencies = "  ".join(f"{row[key]:>8.2f}" for key in ("p50_ms", "p95_ms", "p99_ms"))
        print(f"{row['tokens']:>7}  {latencies}  {row['texts_per_s']:>13.1f}")
    return EXIT_SAFE
