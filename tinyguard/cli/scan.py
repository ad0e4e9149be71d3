"""``tinyguard scan``: one text, or a file of JSON lines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from tqdm import tqdm

from tinyguard.cli.common import (
    EXIT_FAILURE,
    EXIT_SAFE,
    EXIT_THREAT,
    UsageError,
    add_guard_options,
    existing,
    make_guard,
    positive,
)
from tinyguard.cli.jsonl import Case, groups, read_cases
from tinyguard.guard import Guard
from tinyguard.policy import ROLES
from tinyguard.verdict import Verdict

GROUP_CASES = 256
GROUP_CHARACTERS = 1 << 20


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("scan", help="scan one text, or a file of JSON lines", description=__doc__)
    parser.add_argument("text", nargs="?", help="the text (default: standard input)")
    parser.add_argument("--json", action="store_true", help="print the verdict of one text as JSON")
    parser.add_argument("--role", choices=ROLES, default="user", help="whose text it is (default: user)")
    parser.add_argument("--input", metavar="FILE", help="JSON lines with a field `text`; - for standard input")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write the verdicts here instead of standard output; a run that was interrupted goes on where it stopped",
    )
    parser.add_argument("--overwrite", action="store_true", help="start the output file anew")
    parser.add_argument("--latency", action="store_true", help="write latency_ms, which differs from run to run")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--batch-size", type=positive, default=32, help="texts in one run of the model (default: 32)")
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="where --input is scanned (default: local)"
    )
    parser.add_argument("--workers", type=positive, default=2, help="workers of --engine ray (default: 2)")
    add_guard_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.input is None:
        if options.engine != "local":
            raise UsageError("scan: --engine goes with --input")
        if options.output is not None or options.overwrite:
            raise UsageError("scan: --output and --overwrite go with --input")
        return _scan_text(options)
    if options.text is not None:
        raise UsageError("scan: give either a text or --input")
    return _scan_file(options)


def _scan_text(options: argparse.Namespace) -> int:
    text = options.text
    if text is None:
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    verdict = make_guard(options).classify(text, options.role)
    print(verdict.to_json() if options.json else describe(verdict))
    return EXIT_SAFE if verdict.is_safe else EXIT_THREAT


def describe(verdict: Verdict) -> str:
    """A few lines for a person, without any part of the text."""
    head = "SAFE" if verdict.is_safe else "THREAT"
    if verdict.threat_type != "benign":
        head += f" {verdict.threat_type}"
    lines = [
        f"{head}  score {verdict.score:.4f}  confidence {verdict.confidence:.2f}  severity {verdict.severity}  "
        f"action {verdict.action}",
        f"  view {verdict.view}  route {verdict.route}  bits 0x{verdict.bits:04x}  {verdict.latency_ms:.1f} ms",
    ]
    lines += [f"  characters {span.start}–{span.end}  {span.kind}" for span in verdict.spans]
    if raised := {name: score for name, score in verdict.detectors.items() if score >= 0.5}:
        lines.append("  detectors " + "  ".join(f"{name} {score:.2f}" for name, score in raised.items()))
    if verdict.truncated:
        lines.append("  hidden text past the bounds was not recovered")
    return "\n".join(lines)


def _scan_file(options: argparse.Namespace) -> int:
    to_file = options.output not in (None, "-")
    if options.input != "-":
        existing(options.input)
    if to_file and options.input != "-" and _same_file(options.input, options.output):
        raise UsageError("scan: --input and --output are the same file")
    guard = make_guard(options)
    with ExitStack() as stack:
        source: BinaryIO = sys.stdin.buffer
        total = None
        if options.input != "-":
            source = stack.enter_context(Path(options.input).open("rb"))
            total = os.fstat(source.fileno()).st_size or None  # a pipe does not say
        earlier = None
        sink: BinaryIO = sys.stdout.buffer
        if to_file:
            # A pipe or a device holds nothing of an earlier run.
            again = Path(options.output).is_file() and not options.overwrite
            sink = stack.enter_context(Path(options.output).open("r+b" if again else "wb"))
            earlier = Earlier(sink) if again else None
        bar = stack.enter_context(
            tqdm(total=total, unit="B", unit_scale=True, desc="scan", disable=options.quiet, file=sys.stderr)
        )
        return _scan_cases(options, guard, source, sink, earlier, bar)


def _same_file(first: str, second: str) -> bool:
    return Path(second).is_file() and Path(first).samefile(second)


class Earlier:
    """The output of an earlier run, read beside the input."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def take(self, group: Sequence[Case]) -> list[dict[str, Any]] | None:
        """The lines of a group; None, with the file cut before the group, where they are not all there.

        A torn last line comes from a run that was killed while it wrote: it begins as that run's line did.
        """
        start = self._file.tell()
        taken = []
        for case in group:
            line = self._file.readline()
            if not line.endswith(b"\n"):
                begun = _begun(case)
                if not (line.startswith(begun) or begun.startswith(line)):
                    raise _foreign(case)
                self._file.seek(start)
                self._file.truncate()
                return None
            taken.append(_about(case, line))
        return taken

    def check_end(self) -> None:
        if self._file.readline():
            raise UsageError("the output has more lines than the input: is it another file's? (--overwrite)")


def _foreign(case: Case) -> UsageError:
    return UsageError(f"line {case.line} of the output is not about line {case.line} of the input (--overwrite)")


def _begun(case: Case) -> bytes:
    """What is known of a case's line in the output before it is scanned: all of an error, a verdict's first key."""
    row = _named(case)
    if case.error is not None:
        return json.dumps(row | {"line": case.line, "error": case.error}).encode()
    return json.dumps(row | {"is_safe": None}).removesuffix("null}").encode()


def _named(case: Case) -> dict[str, Any]:
    """The beginning of a case's output object."""
    return {"id": case.id} if case.has_id else {}


def _about(case: Case, line: bytes) -> dict[str, Any]:
    """A line of an earlier output, which must be about the case of the same number."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if (
        not isinstance(fields, dict)
        or fields.get("id") != case.id
        or ("error" if case.error is not None else "is_safe") not in fields
    ):
        raise _foreign(case)
    return fields


def _scan_cases(
    options: argparse.Namespace, guard: Guard, source: BinaryIO, sink: BinaryIO, earlier: Earlier | None, bar: Any
) -> int:
    """Scan by groups; one that an interruption cut in two is scanned again whole. A group is thus the same set of
    texts in every run, and the output the same to the byte even with a model whose last digits depend on the batch."""
    total = kept = threats = errors = 0
    for group, rows, old in _results(options, guard, source, earlier):
        if not old:
            sink.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
            sink.flush()
        else:
            kept += len(group)
        total += len(group)
        threats += sum(row.get("is_safe") is False for row in rows)
        for case in group:
            if case.error is not None:
                errors += 1
                bar.write(f"tinyguard: line {case.line}: {case.error}", file=sys.stderr)
        bar.update(sum(case.size for case in group))
    if not options.quiet:
        before = f" ({kept} of them in an earlier run)" if kept else ""
        bar.write(f"{total} lines{before}: {threats} threats, {errors} errors", file=sys.stderr)
    return EXIT_THREAT if threats else EXIT_FAILURE if errors else EXIT_SAFE


_Result = tuple[Sequence[Case], list[dict[str, Any]], bool]


def _results(options: argparse.Namespace, guard: Guard, source: BinaryIO, earlier: Earlier | None) -> Iterator[_Result]:
    """Each group with its output objects, and whether an earlier run wrote them."""
    left: Iterator[Sequence[Case]] = groups(read_cases(source, options.role), GROUP_CASES, GROUP_CHARACTERS)
    for group in left if earlier else ():
        rows = earlier.take(group) if earlier else None
        if rows is None:
            left = chain([group], left)
            break
        yield group, rows, True
    else:
        if earlier:
            earlier.check_end()
    if options.engine == "ray":
        from tinyguard.cli.scan_ray import scanned

        def make() -> Callable[[Sequence[Case]], list[dict[str, Any]]]:
            return partial(_classify, make_guard(options), options=options)

        yield from ((group, rows, False) for group, rows in scanned(make, left, options))
    else:
        yield from ((group, _classify(guard, group, options), False) for group in left)


def _classify(guard: Guard, group: Sequence[Case], options: argparse.Namespace) -> list[dict[str, Any]]:
    """The output objects of a group."""
    sound = [case for case in group if case.error is None]
    texts, roles = [case.text for case in sound], [case.role for case in sound]
    verdicts = iter(guard.classify_batch(texts, options.batch_size, roles))
    rows = []
    for case in group:
        row = _named(case)
        if case.error is None:
            row |= next(verdicts).to_dict()
            if not options.latency:
                del row["latency_ms"]
        else:
            row |= {"line": case.line, "error": case.error}
        rows.append(row)
    return rows
