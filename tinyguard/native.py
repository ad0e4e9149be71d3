"""The native text core, with its letter statistics loaded once at first use."""

from __future__ import annotations

import threading
from pathlib import Path

from tinyguard import _core
from tinyguard.modelfile import ModelFileError

LANGUAGE_FILE = Path(__file__).parent / "data" / "language.bin"

_lock = threading.Lock()
_ready = False


def load() -> None:
    """Load the letter n-grams and dictionaries that the detectors compare with. Safe to call from any thread.

    Raises ModelFileError where their file is missing or damaged; it has a checksum of its own.
    """
    global _ready
    if _ready:
        return
    with _lock:
        if not _ready:
            _load()
            _ready = True


def _load() -> None:
    try:
        _core.load_language(LANGUAGE_FILE.read_bytes())
    except FileNotFoundError:
        raise ModelFileError(LANGUAGE_FILE, "is missing") from None
    except OSError as error:
        raise ModelFileError(LANGUAGE_FILE, f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ModelFileError(LANGUAGE_FILE, f"is damaged: {error}") from None


def analyze(text: str) -> _core.Analysis:
    """Normalize a text, run the detectors and recover what it hides."""
    if not _ready:
        load()
    return _core.analyze(text)


def isa() -> str:
    """The instruction set that the core's kernels run on."""
    return _core.isa()
