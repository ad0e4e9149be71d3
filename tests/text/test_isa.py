"""Choosing an instruction set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tinyguard import _core


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    _core.force_isa("")


def test_portable_is_always_there() -> None:
    assert _core.isas()[0] == "portable"
    assert set(_core.isas()) <= {"portable", "avx2", "avx512"}


def test_the_fastest_is_the_default() -> None:
    _core.force_isa("")
    assert _core.isa() == _core.isas()[-1]


@pytest.mark.parametrize("isa", _core.isas())
def test_force(isa: str) -> None:
    _core.force_isa(isa)
    assert _core.isa() == isa


def test_an_unknown_name_is_an_error_and_changes_nothing() -> None:
    before = _core.isa()
    with pytest.raises(ValueError, match="unknown instruction set 'sse9'"):
        _core.force_isa("sse9")
    assert _core.isa() == before


@pytest.mark.parametrize("isa", _core.isas())
def test_environment(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGUARD_FORCE_ISA", isa)
    _core.reload_isa()
    assert _core.isa() == isa


@pytest.mark.parametrize(("name", "isa"), [("avxvnni", "avx2"), ("avx512vnni", "avx512")])
def test_names_of_the_encoders_kernels(name: str, isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if isa not in _core.isas():
        pytest.skip(f"this machine has no {isa}")
    monkeypatch.setenv("TINYGUARD_FORCE_ISA", name)
    _core.reload_isa()
    assert _core.isa() == isa


def test_environment_with_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGUARD_FORCE_ISA", "sse9")
    with pytest.raises(ValueError, match="sse9"):
        _core.reload_isa()


def test_environment_at_start() -> None:
    program = "from tinyguard import _core; print(_core.isa())"
    environment = {**os.environ, "TINYGUARD_FORCE_ISA": "portable"}
    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "portable"


@pytest.mark.parametrize("isa", _core.isas())
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 127, 128, 1000])
def test_a_character_that_is_not_plain_is_seen_wherever_it_stands(isa: str, size: int) -> None:
    _core.force_isa(isa)
    plain = "".join(chr(0x20 + i % 95) for i in range(size))
    assert _core.normalize(plain).text == plain
    for position in {0, size // 2, size}:
        for odd in ("\x00", "\x1f", "\x7f", "\x0b", "\u0080", "\u0100", "\U00010000"):
            text = plain[:position] + odd + plain[position:]
            expected = plain[:position] + "\n" + plain[position:]
            result = _core.normalize(text)
            if odd == "\x0b":
                assert result.text == expected
            assert _core.normalize(text.encode()).text == result.text
            assert (result.text != text) == (odd < "\u0100")
