"""What an attempt is, and the guards that attempts are made on."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.tiny_model import write_model
from tinyguard import Guard


@dataclass(frozen=True)
class Attempt:
    """One abuse.

    answer  what must come of it, for the table
    run     makes the attempt at a share of its full size (1.0: all of it) and says what was seen; AssertionError where
            the answer is another one
    memory  MiB that the process may grow by at full size
    """

    name: str
    answer: str
    run: Callable[[float], str]
    memory: int


@cache
def bundled() -> Guard:
    return Guard()


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="tinyguard-attacks-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def tiny_folder() -> Path:
    """A sound model folder of a few kilobytes, in which single words decide (tests/tiny_model.py)."""
    return write_model(_folder() / "tiny")


@cache
def tiny() -> Guard:
    return Guard(tiny_folder())


def scratch(name: str) -> Path:
    """An empty folder for an attempt; gone with the process."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_folder()))
