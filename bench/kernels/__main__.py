"""Table of operations: our kernels on each instruction set beside ONNX Runtime's own operators, one core.

Columns are lengths in tokens; a cell is microseconds, GMAC/s and the share of the peak that bench/kernels/peak.cpp
measures in the same minute. Times are processor time of the calling thread, which does all the work; the ways of one
case are run in turn and each keeps its fastest round, so that load on the machine touches all of them alike.

    python -m bench.kernels
    python -m bench.kernels --only layer --lengths 32 128 --isas avx512vnni avx2
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench.kernels import peak
from bench.kernels.cases import CASES, COPIES, Array, Builder, Case

LENGTHS = (16, 32, 64, 128, 256, 512)


def sessions(case: Case, length: int, isas: list[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Name of the way → its session, and the inputs that all of them take."""
    feeds = case.feeds(length)
    ways = {f"ours, {isa}": (lambda b, isa=isa: case.ours(b, isa)) for isa in isas} | case.theirs
    built = {}
    for name, way in ways.items():
        builder = Builder()
        builder.outputs = [way(builder) for _ in range(COPIES)]
        used = {n: a for n, a in feeds.items() if any(n in node.input for node in builder.nodes)}
        built[name] = builder.session(used), used
    return built, feeds


def fastest(built: dict[str, Any], seconds: float) -> dict[str, float]:
    """Name → seconds of one copy, the least of rounds taken in turn until the time is used up."""
    best = dict.fromkeys(built, float("inf"))
    end = time.perf_counter() + seconds * len(built)
    while time.perf_counter() < end:
        for name, (session, feeds) in built.items():
            start = time.thread_time()
            session.run(None, feeds)
            best[name] = min(best[name], time.thread_time() - start)
    return {name: value / COPIES for name, value in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--isas", nargs="+", default=["avx512vnni", "avxvnni", "avx2", "portable"])
    parser.add_argument("--seconds", type=float, default=1.0, help="for one way at one length")
    args = parser.parse_args()
    peaks = peak.measure()
    print("peaks, GMAC/s:", ", ".join(f"{name} {value:.0f}" for name, value in peaks.items()))
    top = max(peaks.values())
    print(f"share: of {top:.0f} GMAC/s\n")
    print("| operation | way |" + "".join(f" {t} |" for t in args.lengths))
    print("|---|---|" + "---|" * len(args.lengths))
    for case in CASES:
        if args.only not in case.name:
            continue
        rows: dict[str, list[str]] = {}
        for length in args.lengths:
            built, _ = sessions(case, length, args.isas)
            for name, seconds in fastest(built, args.seconds).items():
                rate = case.products(length) / seconds / 1e9
                rows.setdefault(name, []).append(f"{seconds * 1e6:.0f} µs, {rate:.0f}, {rate / top:.0%}")
        for name, cells in rows.items():
            print(f"| {case.name} | {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
