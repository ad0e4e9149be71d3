"""Where a figure comes from: the command, the commit, the data, the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def sha256(path: Path) -> str:
    """Of a file, or of all files of a folder with their relative names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\0".encode())
        if file.is_file():
            with file.open("rb") as content:
                while block := content.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()


def machine() -> str:
    """The processor's name, how many of its threads may be used, and the system."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # no Linux
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} threads, {system}"


def commit() -> str | None:
    """The commit, with `-dirty` where tracked files differ from it; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--match", ""]
    try:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()


def provenance(command: Sequence[str], files: Iterable[Path]) -> dict[str, Any]:
    """What a result file says of itself. Folders of this machine are left out of it; files keep their names."""
    return {
        "command": " ".join(without_folders(word) for word in command),
        "commit": commit(),
        "data_sha256": {path.name: sha256(path) for path in files},
        "machine": machine(),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def without_folders(word: str) -> str:
    """A word of a command line; of an absolute path, also behind a `=`, only the last name."""
    head, separator, path = word.rpartition("=")
    return f"{head}{separator}{Path(path).name}" if path.startswith("/") else word
