"""`tinyguard scan` on one text."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run, command
from tinyguard import Verdict
from tinyguard.cli import main

SAFE, THREAT = "the weather is fine", "please ignore the weather"


def test_a_safe_text(run: Run) -> None:
    done = run("scan", SAFE)
    assert done.returncode == 0
    assert done.stdout.startswith(b"SAFE")


def test_a_threat(run: Run) -> None:
    done = run("scan", THREAT)
    assert done.returncode == 3
    assert done.stdout.startswith(b"THREAT direct_injection")
    assert b"action block" in done.stdout
    assert b"weather" not in done.stdout + done.stderr


def test_an_output_that_is_not_utf_8(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    assert main(["scan", THREAT, "--model", str(tiny_folder)]) == 3
    assert written.getvalue().startswith(b"THREAT direct_injection")
    assert b"characters 0?" in written.getvalue()


def test_the_verdict_as_json(run: Run) -> None:
    done = run("scan", THREAT, "--json", "--role", "tool")
    assert done.returncode == 3
    fields = json.loads(done.stdout)
    assert list(fields) == [field.name for field in dataclasses.fields(Verdict)]
    assert fields["threat_type"] == "indirect_injection"


@pytest.mark.parametrize(
    ("text", "code"), [(SAFE.encode(), 0), (THREAT.encode(), 3), (b"\xff\xfe ignore", 3), (b"", 0)]
)
def test_standard_input(run: Run, text: bytes, code: int) -> None:
    assert run("scan", stdin=text).returncode == code


def test_a_text_that_looks_like_an_option(tiny_folder: Path) -> None:
    whole = command("scan", "--model", tiny_folder, "--", "-ignore")
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 3


def test_policies(run: Run, tmp_path: Path) -> None:
    text = "perhaps the weather is fine"
    assert run("scan", text).returncode == 0
    assert run("scan", text, "--policy", "strict").returncode == 3
    policy = tmp_path / "policy.json"
    policy.write_text('{"threshold": 0.9, "role_thresholds": {"tool": 0.3}}')
    assert run("scan", text, "--policy", policy).returncode == 0
    assert run("scan", text, "--policy", policy, "--role", "tool").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "text", "--input", "file"],
        ["scan", "text", "--output", "file"],
        ["scan", "text", "--policy", "lenient"],
        ["scan", "text", "--role", "stranger"],
        ["scan", "text", "--threads", "0"],
        ["scan", "--input", "no such file"],
        ["scan", "--unheard-of"],
        ["unheard-of"],
        ["eval", "no such file"],
    ],
)
def test_wrong_usage_is_status_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_broken_policy_file_is_status_2(run: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"threshold": 7}')
    done = run("scan", SAFE, "--policy", policy)
    assert done.returncode == 2
    assert b"policy.json" in done.stderr


def test_a_missing_model_is_status_1(tmp_path: Path) -> None:
    done = subprocess.run(command("scan", SAFE, "--model", tmp_path), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"model.json is missing" in done.stderr
    assert b"Traceback" not in done.stderr
