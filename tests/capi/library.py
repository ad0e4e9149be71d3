"""libtinyguard.so as the tests see it: where it lies, and its functions through ctypes."""

from __future__ import annotations

import ctypes
from pathlib import Path

import onnxruntime

import tinyguard
from tinyguard import _core

PACKAGE = Path(tinyguard.__file__).parent
HEADERS = PACKAGE / "include"
ROOT = PACKAGE.parent
LANGUAGE = PACKAGE / "data" / "language.bin"
# Beside the extension module where the package is installed, else where it was built.
LIBRARY = next(
    (
        folder / "libtinyguard.so"
        for folder in (Path(_core.__file__).parent, ROOT / "build")
        if (folder / "libtinyguard.so").exists()
    ),
    Path("libtinyguard.so"),
)
# Older wheels have the runtime inside their extension module only.
RUNTIME = next(iter(sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so*"))), None)

OK, BAD_ARGUMENT, BAD_MODEL, BAD_POLICY, NO_RUNTIME, RUN_FAILED = range(6)
ROLES = ("user", "tool", "document", "system")
# "uncertain, block"
FAILED_BITS = 0x300F


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t)] + [
        (name, ctypes.c_char_p) for name in ("policy", "policy_file", "runtime", "operators", "language")
    ]


def functions(path: Path = LIBRARY) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    handle = ctypes.POINTER(ctypes.c_void_p)
    library.tinyguard_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(Options), handle]
    library.tinyguard_scan.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int, ctypes.POINTER(ctypes.c_uint16),
    ]  # fmt: skip
    library.tinyguard_close.argtypes = [ctypes.c_void_p]
    library.tinyguard_message.restype = library.tinyguard_version.restype = ctypes.c_char_p
    return library


def options(**fields: str | Path | None) -> Options:
    """Options for the library under test; the runtime and the tables are where the packages have them."""
    given = {"runtime": RUNTIME, "language": LANGUAGE, "operators": "", **fields}
    texts = {name: None if value is None else str(value).encode() for name, value in given.items()}
    return Options(size=ctypes.sizeof(Options), **texts)


def open_guard(library: ctypes.CDLL, model: Path, **fields: str | Path | None) -> tuple[int, str, ctypes.c_void_p]:
    """(status, message, handle)"""
    handle = ctypes.c_void_p()
    status = library.tinyguard_open(str(model).encode(), options(**fields), handle)
    return status, library.tinyguard_message().decode(), handle


def scan(library: ctypes.CDLL, handle: ctypes.c_void_p, text: bytes, role: str = "user") -> int:
    bits = ctypes.c_uint16()
    status = library.tinyguard_scan(handle, text, len(text), ROLES.index(role), bits)
    assert status == OK, library.tinyguard_message()
    return bits.value
