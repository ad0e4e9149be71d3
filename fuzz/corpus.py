"""The corpus in git: one archive a target, the same bytes for the same inputs whoever packs them."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def targets() -> list[str]:
    """Those that have a corpus."""
    return sorted(path.stem for path in FOLDER.glob("*.zip"))


def read(target: str) -> list[bytes]:
    """The inputs of a target; none where it has no archive."""
    path = FOLDER / f"{target}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def write(target: str, inputs: Iterable[bytes]) -> Path:
    """Pack inputs, each named by its digest."""
    FOLDER.mkdir(exist_ok=True)
    named = {hashlib.sha256(data).hexdigest()[:16]: data for data in inputs}
    path = FOLDER / f"{target}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(named):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), named[name], zipfile.ZIP_DEFLATED)
    return path


def unpack(target: str, folder: Path) -> Path:
    """The inputs as files, for an engine."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in read(target):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return folder
