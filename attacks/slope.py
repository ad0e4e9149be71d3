"""Is there a quadratic path? Instructions of the text core, counted by callgrind, on texts of two lengths.

Every technique of the attack matrix on ordinary prose, and every text of attacks/texts.py, at one length and at four
times that. A path that is linear costs as much for a character of the long text as for one of the short; a quadratic
one four times as much. Prints the worst and exits 1 where the cost for a character grows by more than LIMIT.

    python -m attacks.slope                 needs valgrind, a C++ compiler, cmake; minutes
    BUILD=build python -m attacks.slope     with a build folder that has libtinyguard_core.a
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from attacks.texts import TEXTS
from bench.attacks import catalogue
from bench.attacks.texts import filler
from tinyguard.native import LANGUAGE_FILE

ROOT = Path(__file__).parent.parent
SHORT, TIMES = 1000, 4
#: Growth of the cost for a character over four times the length: n log n gives about 1.2, n² gives 4.
LIMIT = 1.5

_TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


class Slope(NamedTuple):
    """What one kind of text costs: instructions for a character at both lengths."""

    name: str
    short: float
    long: float

    @property
    def growth(self) -> float:
        return self.long / self.short


def pairs() -> Iterator[tuple[str, str, str]]:
    """Name, short text, long text."""
    for row in catalogue.rows():
        both = (row.technique.function(filler(n, random.Random(3)), random.Random(4)) for n in (SHORT, TIMES * SHORT))
        short, long = both
        yield row.name, short, long
    for name, _, make in TEXTS:
        yield name, make(2 * SHORT), make(2 * TIMES * SHORT)


def count(texts: Sequence[str]) -> list[int]:
    """Instructions inside analyze() on each text. RuntimeError where something needed is missing."""
    build = Path(os.environ.get("BUILD", "build/bench"))
    with tempfile.TemporaryDirectory() as folder:
        library = ROOT / build / "libtinyguard_core.a"
        if not library.exists():
            _run("cmake", "-S", str(ROOT), "-B", str(ROOT / build), "-DCMAKE_BUILD_TYPE=Release",
                 f"-Dpybind11_DIR={_run(sys.executable, '-m', 'pybind11', '--cmakedir').strip()}")  # fmt: skip
            _run("cmake", "--build", str(ROOT / build), "--target", "tinyguard_core")
        program, out = f"{folder}/slope", f"{folder}/out"
        _run(os.environ.get("CXX", "g++"), "-std=c++17", "-O2", f"-I{ROOT / 'csrc'}", str(ROOT / "attacks/slope.cpp"),
             str(library), "-o", program)  # fmt: skip
        with Path(folder, "texts").open("wb") as file:
            for text in texts:
                data = text.encode("utf-8", "replace")
                file.write(len(data).to_bytes(4, "little") + data)
        _run("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", program,
             str(LANGUAGE_FILE), f"{folder}/texts")  # fmt: skip
        # One part for each text, in order.
        parts = [Path(f"{out}.{index}").read_text() for index in range(1, len(texts) + 1)]
        return [int(_TOTAL.findall(part)[-1]) for part in parts]


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command[0]} failed: {error.stderr.strip()[-2000:]}") from None


def slopes(texts: Sequence[tuple[str, str, str]]) -> list[Slope]:
    """The cost of each, the steepest first."""
    counts = iter(count([text for _, *both in texts for text in both]))
    found = [
        Slope(name, next(counts) / max(len(short), 1), next(counts) / max(len(long), 1)) for name, short, long in texts
    ]
    return sorted(found, key=lambda slope: -slope.growth)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help="only kinds of text with one of these in their name")
    parser.add_argument("--show", type=int, default=20, help="how many to print, the steepest first (default: 20)")
    args = parser.parse_args()
    chosen = [pair for pair in pairs() if not args.name or any(word in pair[0] for word in args.name)]
    try:
        found = slopes(chosen)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    for slope in found[: args.show]:
        print(f"{slope.name:40} {slope.short:9.0f} {slope.long:9.0f} instructions a character  × {slope.growth:.2f}")
    steep = [slope for slope in found if slope.growth > LIMIT]
    print(f"{len(found)} kinds of text, {len(steep)} of them with a growth above {LIMIT}")
    return int(bool(steep))


if __name__ == "__main__":
    sys.exit(main())
