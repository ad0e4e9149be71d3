"""Seeds, runs and the corpus of the fuzz targets.

    python -m fuzz run [TARGET …] --minutes 30    fuzz each target in turn
    python -m fuzz minimize [TARGET …]            the fewest inputs with all the coverage found so far → fuzz/corpus
    python -m fuzz replay [TARGET …]              the corpus through the targets themselves, under their sanitizers

Prints a line of JSON for each target and adds it to build/fuzz/runs.jsonl.
The native targets must be built (README.md). Crashes are left in build/fuzz/crashes. Exit status 1: something crashed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from fuzz import corpus
from fuzz.engine import BUILD, TARGETS, Outcome, run
from fuzz.seeds import seeds

#: Largest input that the engine makes, and bytes of a target's corpus in git before compression.
MAX_INPUT, MAX_CORPUS = 2048, 48_000


def _folder(kind: str, target: str) -> Path:
    folder = BUILD / kind / target
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _inputs(target: str) -> list[str]:
    """Folders of inputs: what was found here, the corpus and the seeds."""
    made = _folder("seeds", target)
    for data in seeds(target):
        (made / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return [
        str(folder) for folder in (_folder("found", target), corpus.unpack(target, _folder("corpus", target)), made)
    ]


def fuzz(target: str, minutes: float) -> Outcome:
    crashes = _folder("crashes", target)
    flags = [
        f"-max_total_time={round(60 * minutes)}", f"-max_len={MAX_INPUT}", "-timeout=25", "-rss_limit_mb=2048",
        "-print_final_stats=1", f"-artifact_prefix={crashes}/",
    ]  # fmt: skip
    return run(target, [*flags, *_inputs(target)], BUILD / f"{target}.log")


def minimize(target: str) -> Outcome:
    """Merge everything into the corpus: small inputs first, until its share of the repository is used up."""
    merged = _folder("merged", target)
    shutil.rmtree(merged)
    merged.mkdir()
    outcome = run(
        target, ["-merge=1", f"-max_len={MAX_INPUT}", str(merged), *_inputs(target)], BUILD / f"{target}.merge"
    )
    kept, size = [], 0
    for path in sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        size += path.stat().st_size
        if size > MAX_CORPUS:
            break
        kept.append(path.read_bytes())
    corpus.write(target, kept)
    return outcome


def replay(target: str) -> Outcome:
    folder = _folder("replay", target)
    shutil.rmtree(folder)
    return run(target, ["-runs=0", str(corpus.unpack(target, folder))], BUILD / f"{target}.replay")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=("run", "minimize", "replay"))
    parser.add_argument("target", nargs="*", default=[], help="default: all of them")
    parser.add_argument("--minutes", type=float, default=30.0, help="for each target (default: 30)")
    args = parser.parse_args()
    if unknown := set(args.target) - set(TARGETS):
        parser.error(f"unknown targets: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    crashed = False
    for target in args.target or TARGETS:
        outcome = {"run": lambda t: fuzz(t, args.minutes), "minimize": minimize, "replay": replay}[args.action](target)
        crashed |= outcome.crash
        line = json.dumps({"action": args.action, **asdict(outcome)})
        print(line, flush=True)
        with (BUILD / "runs.jsonl").open("a") as log:
            log.write(line + "\n")
    return int(crashed)


if __name__ == "__main__":
    raise SystemExit(main())
