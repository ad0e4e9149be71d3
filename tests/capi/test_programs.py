"""Programs in C and C++ that are compiled against the header and linked with the library."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.capi import library as capi
from tests.capi.texts import decoded, long_documents, tiny_texts, varied
from tinyguard import Guard, ops
from tinyguard.modelfile import BUNDLED

EXAMPLE = capi.ROOT / "examples" / "c" / "scan.c"


#: Set where the library is a sanitized one: its runtime is loaded before the program, which is linked without it.
SANITIZER = {name: os.environ[name] for name in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}


def compiled(folder: Path, source: Path, *flags: str, library: Path = capi.LIBRARY) -> Path:
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    program = folder / source.stem
    command = [
        compiler,
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-pedantic",
        "-Werror",
        *flags,
        f"-I{capi.HEADERS}",
        str(source),
    ]
    command += ["-o", str(program), f"-L{library.parent}", f"-Wl,-rpath,{library.parent}", "-ltinyguard"]
    command += ["-Wl,--allow-shlib-undefined"] if SANITIZER else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="session")
def example(library: ctypes.CDLL, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled example with the library and its tables beside it, as a gateway would ship them."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(capi.LIBRARY, folder)
    if (operators := ops.library()) is not None:
        shutil.copy(operators, folder)
    (folder / "data").symlink_to(capi.LANGUAGE.parent)
    (folder / "weights").symlink_to(BUNDLED)
    return compiled(folder, EXAMPLE, library=folder / capi.LIBRARY.name)


def run(program: Path, *arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {"TINYGUARD_ONNXRUNTIME": str(capi.RUNTIME), "HOME": str(program.parent / "home")} | SANITIZER
    command = [program, *map(str, arguments)]
    return subprocess.run(command, env=environment, input=stdin, capture_output=True, check=False)


def written(folder: Path, texts: list[bytes]) -> list[Path]:
    paths = [folder / f"{index:03}.txt" for index in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    return paths


def test_the_example_finds_pythons_bits(example: Path, tmp_path: Path) -> None:
    """The bundled model, 200 texts, through the compiled program and its files."""
    guard = Guard()
    by_role: dict[str, list[bytes]] = {role: [] for role in capi.ROLES}
    for index, text in enumerate(varied(196) + long_documents()[:4]):
        by_role[capi.ROLES[index % 4]].append(text)
    seen = set()
    for role, texts in by_role.items():
        folder = tmp_path / role
        folder.mkdir()
        done = run(example, "--role", role, *written(folder, texts))
        assert done.returncode == 3, done.stderr
        lines = done.stdout.decode().splitlines()
        assert len(lines) == len(texts)
        for line, text in zip(lines, texts, strict=True):
            bits = guard.classify(decoded(text), role).bits
            assert line.startswith(f"{bits:04x}  "), (line, text[:100])
            seen.add(bits)
    assert len(seen) > 20


def test_the_examples_options_and_exit_status(example: Path, tmp_path: Path) -> None:
    done = run(example)
    assert (done.returncode, done.stdout[:12]) == (0, b"00f0  benign"), done.stderr
    assert not (example.parent / "home").exists()  # where the runtime's telemetry would keep its identifier
    assert run(example, "--runtime", capi.RUNTIME, "--model", BUNDLED, "--policy", "strict").returncode == 0
    assert run(example, tmp_path / "none").returncode == 1
    assert run(example, "--role", "nobody").returncode == 2
    assert run(example, "--policy").returncode == 2
    done = run(example, "--model", tmp_path)
    assert done.returncode == 1
    assert b"model.json is missing" in done.stderr


def test_threads_share_a_guard(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    program = compiled(tmp_path, Path(__file__).with_name("threads.c"), "-pthread")
    paths = written(tmp_path, [text for text in tiny_texts(20) if len(text) < 60_000][:60])
    done = subprocess.run(
        [program, unigram_folder, capi.RUNTIME, capi.LANGUAGE, *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "60 texts, 0 wrong\n"), done.stderr


def test_the_header_compiles_as_cpp(library: ctypes.CDLL, tmp_path: Path) -> None:
    compiler = (sysconfig.get_config_var("CXX") or "c++").split()[0]
    command = [
        compiler,
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fsyntax-only",
        "-x",
        "c++",
        f"-I{capi.HEADERS}",
        "-",
    ]
    program = '#include "tinyguard.h"\ntinyguard_options options = TINYGUARD_OPTIONS_INIT;\n'
    done = subprocess.run(command, input=program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
