"""`tinyguard scan --input`: JSON lines in and out."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.conftest import ROOT, Run, command
from tests.tiny_model import ORDINARY
from tinyguard.cli import main
from tinyguard.cli.jsonl import groups, lines, read_cases

SAFE, THREAT = "the weather is fine", "please ignore the weather"


def jsonl(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def many(count: int) -> bytes:
    texts = [" ".join(ORDINARY[: 1 + n % 16] + ["ignore"] * (n % 5 == 0)) for n in range(count)]
    return jsonl(*({"id": n, "text": text} for n, text in enumerate(texts)))


def test_one_verdict_for_each_line_in_order(run: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "cases.jsonl", tmp_path / "verdicts.jsonl"
    source.write_bytes(
        jsonl({"id": "a", "text": SAFE}, {"text": THREAT, "more": 1}, {"id": 7, "text": THREAT, "role": "tool"})
    )
    done = run("scan", "--input", source, "--output", target)
    assert done.returncode == 3
    rows = rows_of(target)
    assert [row.get("id") for row in rows] == ["a", None, 7]
    assert [row["threat_type"] for row in rows] == ["benign", "direct_injection", "indirect_injection"]
    assert "id" not in rows[1]
    assert all("text" not in row and "latency_ms" not in row for row in rows)
    assert b"scan: 100%" in done.stderr


def test_all_safe_is_status_0_and_a_pipe_will_do(run: Run) -> None:
    done = run("scan", "--input", "-", "--quiet", "--latency", stdin=jsonl({"text": SAFE}, {"text": SAFE}))
    assert done.returncode == 0
    assert done.stderr == b""
    assert [json.loads(line)["latency_ms"] > 0 for line in done.stdout.splitlines()] == [True, True]


MALFORMED = {
    b"{": "not JSON",
    b"": "empty line",
    b"[1]": "not a JSON object",
    b'{"id": 5}': "no string field 'text'",
    b'{"text": 5}': "no string field 'text'",
    b'{"text": "x", "role": "stranger"}': "role",
    b'{"text": "x", "role": ["user"]}': "role",
    b"\xff\x00": "not JSON",
    b'{"text": ' + b"9" * 5000 + b"}": "number",
    b"[" * 200_000: "nesting",
    b'{"id": NaN, "text": "x"}': "not finite",
    b'{"id": [-Infinity], "text": "x"}': "not finite",
    b'{"id": 1e999, "text": "x"}': "not finite",
}


def test_malformed_lines_are_reported_and_survived(run: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "cases.jsonl", tmp_path / "verdicts.jsonl"
    good = jsonl({"id": "good", "text": SAFE})
    source.write_bytes(good.join(line + b"\n" for line in MALFORMED) + good)
    done = run("scan", "--input", source, "--output", target)
    assert done.returncode == 1
    rows = rows_of(target)
    assert b"NaN" not in target.read_bytes() and b"Infinity" not in target.read_bytes()
    assert run("scan", "--input", source, "--output", target).returncode == 1, "and again"
    assert len(rows) == 2 * len(MALFORMED)
    for index, reason in enumerate(MALFORMED.values()):
        bad, fine = rows[2 * index : 2 * index + 2]
        assert bad["line"] == 2 * index + 1
        assert reason in bad["error"]
        assert f"line {bad['line']}: {bad['error']}".encode() in done.stderr
        assert (fine["id"], fine["is_safe"]) == ("good", True)
    assert rows[6]["id"] == 5


def test_a_threat_outweighs_a_malformed_line(run: Run) -> None:
    assert run("scan", "--input", "-", stdin=b"{\n" + jsonl({"text": THREAT})).returncode == 3


def test_invalid_utf8_and_lone_surrogates_are_scanned(run: Run) -> None:
    stdin = b'{"text": "\xff ignore"}\n{"id": "\\ud800", "text": "\\udcff ignore"}\n'
    done = run("scan", "--input", "-", stdin=stdin)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["threat_type"] for row in rows] == ["direct_injection"] * 2
    assert rows[1]["id"] == "\ud800"


def test_a_byte_order_mark_and_carriage_returns_are_no_errors(run: Run) -> None:
    stdin = b"\xef\xbb\xbf" + jsonl({"text": SAFE}).replace(b"\n", b"\r\n") + b'{"text": "no line end"}'
    done = run("scan", "--input", "-", stdin=stdin)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_a_line_of_megabytes(run: Run) -> None:
    text = " ".join(ORDINARY * 40_000) + " ignore"
    assert len(text) > 3_000_000
    done = run("scan", "--input", "-", stdin=jsonl({"text": text}))
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert row["threat_type"] == "direct_injection"
    assert max(span["end"] for span in row["spans"]) == len(text)


def test_a_line_over_the_limit_is_an_error_and_is_not_held() -> None:
    file = io.BytesIO(jsonl({"text": SAFE}) + b"x" * 1000 + b"\n" + jsonl({"text": SAFE}))
    cases = list(read_cases(file, limit=100))
    assert [case.error for case in cases] == [None, "line is longer than 100 bytes", None]
    assert [case.size for case in cases] == [32, 1001, 32]


@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
def test_every_byte_belongs_to_a_line(parts: list[bytes], limit: int) -> None:
    content = b"\n".join(parts)
    found = list(lines(io.BytesIO(content), limit))
    assert sum(size for _, size in found) == len(content)
    ends = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
    assert len(found) == ends


def test_groups_are_bounded() -> None:
    file = io.BytesIO(jsonl(*({"text": "x" * (n * 37 % 500)} for n in range(300))))
    made = list(groups(read_cases(file), 16, 2000))
    assert [case.line for group in made for case in group] == list(range(1, 301))
    assert all(len(group) <= 16 and sum(len(case.text) for case in group) <= 2000 for group in made)


@pytest.fixture(scope="module")
def finished(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """An input of 700 lines and the output of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("finished")
    source, target = folder / "cases.jsonl", folder / "verdicts.jsonl"
    source.write_bytes(many(350) + b"{broken\n\n" + many(348))
    assert scan(tiny_folder, source, target) == 3
    return source, target.read_bytes()


def scan(model: Path, source: Path, target: Path, *more: str) -> int:
    return main(["scan", "--quiet", "--model", str(model), "--input", str(source), "--output", str(target), *more])


@given(st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_a_run_cut_at_any_byte_goes_on_to_the_same_output(
    tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory, finished: tuple[Path, bytes], share: float
) -> None:
    source, whole = finished
    target = tmp_path_factory.mktemp("cut") / "verdicts.jsonl"
    target.write_bytes(whole[: round(share * len(whole))])
    assert scan(tiny_folder, source, target) == 3
    assert target.read_bytes() == whole


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_goes_on(
    tiny_folder: Path, tmp_path: Path, finished: tuple[Path, bytes], how: signal.Signals
) -> None:
    source, whole = finished
    target = tmp_path / "verdicts.jsonl"
    arguments = ("scan", "--input", "-", "--output", target, "--model", tiny_folder)
    process = subprocess.Popen(
        command(*arguments), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A shell starts its background jobs with interrupts ignored, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdin
    with process:
        # More than one group, then silence: the run waits for its input with one group written.
        process.stdin.write(b"".join(source.read_bytes().splitlines(keepends=True)[:300]))
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not (target.exists() and target.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(how)
        process.communicate()
    assert process.returncode == (1 if how == signal.SIGINT else -how)
    assert 0 < target.read_bytes().count(b"\n") < 300
    assert scan(tiny_folder, source, target) == 3
    assert target.read_bytes() == whole


def test_a_finished_run_is_not_scanned_again(
    tiny_folder: Path, tmp_path: Path, finished: tuple[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, whole = finished
    target = tmp_path / "verdicts.jsonl"
    target.write_bytes(whole)
    monkeypatch.setattr("tinyguard.guard.Guard.classify_batch", None)
    assert scan(tiny_folder, source, target) == 3
    assert target.read_bytes() == whole


FOREIGN = [
    b"notes of mine\n",
    b"notes of mine without a line's end",
    b'{"id": 0, "is_sane": true, "torn": "el',
    b'{"id": 99, "is_safe": tr',
    jsonl({"id": 0, "is_safe": True}) + b"notes",
    jsonl({"id": 1}),
    jsonl({"id": 99, "is_safe": True}),
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_file_that_is_no_output_of_this_input_is_left_alone(
    tiny_folder: Path, tmp_path: Path, finished: tuple[Path, bytes], foreign: bytes
) -> None:
    source, whole = finished
    target = tmp_path / "verdicts.jsonl"
    target.write_bytes(foreign)
    assert scan(tiny_folder, source, target) == 2
    assert target.read_bytes() == foreign
    assert scan(tiny_folder, source, target, "--overwrite") == 3
    assert target.read_bytes() == whole


def test_an_output_with_more_lines_than_the_input_is_refused(
    tiny_folder: Path, tmp_path: Path, finished: tuple[Path, bytes]
) -> None:
    source, whole = finished
    target = tmp_path / "verdicts.jsonl"
    target.write_bytes(whole + whole.splitlines(keepends=True)[0])
    assert scan(tiny_folder, source, target) == 2


def test_the_input_is_not_written_over(tiny_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "cases.jsonl"
    source.write_bytes(jsonl({"text": SAFE}))
    assert scan(tiny_folder, source, source) == 2
    assert scan(tiny_folder, source, source, "--overwrite") == 2
    assert source.read_bytes() == jsonl({"text": SAFE})


def test_pipes_and_devices_are_read_and_written_straight_through(
    tiny_folder: Path, finished: tuple[Path, bytes]
) -> None:
    source, whole = finished
    head = b"".join(source.read_bytes().splitlines(keepends=True)[:50])  # which a pipe holds whole, and its output
    for target in ("/dev/null", "pipe"):
        (end, begin), (last, first) = os.pipe(), os.pipe()
        os.write(begin, head)
        os.close(begin)
        name = f"/dev/fd/{first}" if target == "pipe" else target
        assert scan(tiny_folder, Path(f"/dev/fd/{end}"), Path(name)) == 3
        os.close(first)
        with open(last, "rb") as written:  # noqa: PTH123
            assert written.read() == (b"".join(whole.splitlines(keepends=True)[:50]) if target == "pipe" else b"")
        os.close(end)


def test_an_empty_input_gives_an_empty_output(tiny_folder: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "cases.jsonl", tmp_path / "verdicts.jsonl"
    source.write_bytes(b"")
    assert scan(tiny_folder, source, target) == 0
    assert target.read_bytes() == b""
