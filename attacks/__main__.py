"""Make every attempt, each in a process of its own, and print what it gave and cost.

    python -m attacks                      all of them at full size (minutes; 2 GB)
    python -m attacks --share 0.1 bombs    those with this word in their name, at a tenth of their size

The table goes to standard output in Markdown, as README.md has it. Exit status 1: a wrong answer, or too much memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from attacks import characters, crowds, files, texts
from attacks.attempt import Attempt, bundled, tiny

ATTEMPTS: tuple[Attempt, ...] = (*texts.ATTEMPTS, *characters.ATTEMPTS, *files.ATTEMPTS, *crowds.ATTEMPTS)


def _peak() -> int:
    """KiB that this process had resident at most since the last reset."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def _make(attempt: Attempt, share: float) -> None:
    """In the child: the attempt with both guards loaded; a line of JSON."""
    for guard in (bundled(), tiny()):
        guard.classify("the weather is fine " * 200)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start, cpu = _peak(), time.perf_counter(), time.process_time()
    seen = attempt.run(share)
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seen": seen, "wall": wall, "cpu": used, "grown": (_peak() - before) / 1024}))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attacks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", help="only attempts with one of these in their name")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size (default: 1)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    chosen = [one for one in ATTEMPTS if not args.name or any(word in one.name for word in args.name)]
    if args.here:
        [attempt] = [one for one in chosen if one.name in args.name]
        _make(attempt, args.share)
        return 0
    failed = False
    print("| attempt | must get | got | CPU s | wall s | MiB more | allowed |\n|---|---|---|---:|---:|---:|---:|")
    for attempt in chosen:
        command = [sys.executable, "-m", "attacks", "--here", "--share", str(args.share), attempt.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            failed = True
            print(f"| {attempt.name} | {attempt.answer} | **FAILED** | | | | {attempt.memory} |", flush=True)
            print(done.stderr, file=sys.stderr)
            continue
        got = json.loads(done.stdout.splitlines()[-1])
        over = got["grown"] > attempt.memory
        failed |= over
        cells = (attempt.name, attempt.answer, got["seen"], f"{got['cpu']:.1f}", f"{got['wall']:.1f}",
                 f"{'**' if over else ''}{got['grown']:.0f}{'**' if over else ''}", attempt.memory)  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
