"""The check of built wheels finds each thing that it is there to find."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tinyguard import __version__
from tools import check_wheel, elf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")

INFO = "tinyguard-0.1.0.dist-info"
Files = dict[str, bytes]


def library(folder: Path, *flags: str, code: str = "int answer(void) { return 42; }\n") -> bytes:
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    (folder / "a.c").write_text(code)
    subprocess.run([compiler, "-shared", "-fPIC", "a.c", "-o", "a.so", *flags], cwd=folder, check=True)
    return (folder / "a.so").read_bytes()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A wheel as it should be, with small stand-ins for the compiled files and the real package around them."""
    content = {name: (check_wheel.ROOT / name).read_bytes() for name in check_wheel.source_files()}
    stripped = library(tmp_path, "-s")
    for name in ("_core.cpython-311-x86_64-linux-gnu.so", "libtinyguard_ops.so", "libtinyguard.so"):
        content[f"tinyguard/{name}"] = stripped
    content[f"{INFO}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: tinyguard\nVersion: {__version__}\nLicense-Expression: Apache-2.0\n".encode()
    )
    content[f"{INFO}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
    content[f"{INFO}/entry_points.txt"] = b"[console_scripts]\ntinyguard=tinyguard.cli:main\n"
    content[f"{INFO}/licenses/LICENSE"] = (check_wheel.ROOT / "LICENSE").read_bytes()
    return content


def write(folder: Path, files: Files, record: Callable[[str], str] = lambda line: line, late: str = "") -> Path:
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(record(f"{name},sha256={digest},{len(content)}"))
    path = folder / "tinyguard-0.1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in {
            **files,
            f"{INFO}/RECORD": ("\n".join([*lines, f"{INFO}/RECORD,,"]) + "\n").encode(),
        }.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 2 if name == late else 1, 0, 0, 0))
            wheel.writestr(entry, content)
    return path


def test_a_good_wheel_is_good(tmp_path: Path, files: Files) -> None:
    assert check_wheel.check(write(tmp_path, files), "manylinux") == []


def changed(files: Files, **by: bytes | None) -> Files:
    return {name: content for name, content in {**files, **by}.items() if content is not None}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tinyguard/weights/old.onnx", b"x", "stray file"),
        ("tests/test_guard.py", b"x", "stray file"),
        ("tinyguard/__pycache__/guard.cpython-311.pyc", b"x", "stray file"),
        ("tinyguard/py.typed", None, "missing file"),
        ("tinyguard/libtinyguard_ops.so", None, "no compiled libtinyguard_ops"),
        ("tinyguard/weights/weights.bin", b"other", "weights.bin is not what model.json says"),
        ("tinyguard/policy.py", b"other", "policy.py differs"),
        (f"{INFO}/licenses/LICENSE", None, "no licence"),
        (f"{INFO}/licenses/LICENSE", b"MIT", "the licence differs"),
        (f"{INFO}/METADATA", b"Version: 9\nLicense-Expression: Apache-2.0\n", "version 9"),
        (f"{INFO}/METADATA", f"Version: {__version__}\n".encode(), "License-Expression is None"),
        (f"{INFO}/entry_points.txt", b"", "no command"),
        (f"{INFO}/WHEEL", b"Root-Is-Purelib: true\nTag: py3-none-any\n", "pure Python"),
        (f"{INFO}/WHEEL", b"Root-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n", "not for manylinux"),
        ("tinyguard/libtinyguard.so", b"\x7fELF\x02\x01 and no more", "damaged ELF"),
        ("tinyguard/libtinyguard.so", b"MZ", "not a 64-bit"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, files: Files, name: str, content: bytes | None, said: str) -> None:
    found = check_wheel.check(write(tmp_path, changed(files, **{name: content})), "manylinux")
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        ((), None, "is not stripped"),
        (("-s", "-Wl,-rpath,/opt/lib"), None, "search path /opt/lib"),
        (("-s", "-Wl,--no-as-needed", "-lresolv"), None, "needs libresolv.so.2"),
        (("-s",), 'const char* where(void) { return "/home/someone/project/a.cpp"; }\n', "names /home/someone"),
    ],
)
def test_what_is_wrong_with_a_library_is_found(
    tmp_path: Path, files: Files, flags: tuple[str, ...], code: str | None, said: str
) -> None:
    content = library(tmp_path, *flags, **({"code": code} if code else {}))
    found = check_wheel.check(write(tmp_path, changed(files, **{"tinyguard/libtinyguard.so": content})), "manylinux")
    assert len(found) == 1
    assert said in found[0]


def test_record_size_and_times(tmp_path: Path, files: Files) -> None:
    path = write(tmp_path, files, record=lambda line: line.replace("py.typed,sha256=", "py.typed,sha256=x"))
    assert check_wheel.check(path) == ["RECORD does not fit tinyguard/py.typed"]
    path = write(tmp_path, files)
    assert check_wheel.check(path, most=1.0)[0].endswith("MB are more than 1")
    assert "different times" in check_wheel.check(write(tmp_path, files, late="tinyguard/py.typed"))[0]


def test_two_builds_are_compared(tmp_path: Path, files: Files) -> None:
    first = write(tmp_path, files)
    second = tmp_path / "again"
    second.mkdir()
    assert check_wheel.differences(first, Path(shutil.copy(first, second))) == []
    other = changed(files, **{"tinyguard/libtinyguard.so": b"other"})
    assert check_wheel.differences(first, write(second, other)) == [
        f"{INFO}/RECORD differs",
        "tinyguard/libtinyguard.so differs",
    ]
    late = write(second, files, late="tinyguard/py.typed")
    assert check_wheel.differences(first, late) == ["the same files, packed differently (times, order or modes)"]


def test_elf(tmp_path: Path) -> None:
    plain = elf.read(library(tmp_path, "-Wl,-soname,liba.so.1", "-Wl,-rpath,$ORIGIN"))
    assert (plain.soname, plain.search_paths, plain.stripped) == ("liba.so.1", ("$ORIGIN",), False)
    assert elf.read(library(tmp_path, "-s")).stripped
    with pytest.raises(ValueError, match="not a 64-bit"):
        elf.read(b"")
