"""The corpus in git: one archive a target, the same bytes for the same inputs whoever packs them.

An archive has one member, in which each input follows its length (four bytes, little-endian): thousands of inputs of
a few dozen bytes would take more room for their entries than for themselves.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_MEMBER = zipfile.ZipInfo("inputs", (1980, 1, 1, 0, 0, 0))


def targets() -> list[str]:
    """Those that have a corpus."""
    return sorted(path.stem for path in FOLDER.glob("*.zip"))


def read(target: str) -> list[bytes]:
    """The inputs of a target; none where it has no archive."""
    path = FOLDER / f"{target}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as archive:
        packed = archive.read(_MEMBER.filename)
    found, at = [], 0
    while at < len(packed):
        begin = at + 4
        at = begin + int.from_bytes(packed[at:begin], "little")
        found.append(packed[begin:at])
    return found


def write(target: str, inputs: Iterable[bytes]) -> Path:
    """Pack inputs, each once."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{target}.zip"
    packed = b"".join(len(data).to_bytes(4, "little") + data for data in sorted(set(inputs)))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_MEMBER, packed, zipfile.ZIP_DEFLATED, 9)
    return path


def unpack(target: str, folder: Path) -> Path:
    """The inputs as files, for an engine."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in read(target):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return folder
