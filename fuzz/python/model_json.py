"""model.json: one kind of error, which names the file; otherwise fields within their ranges, and files that are
missing are named."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path

from tinyguard.modelfile import MANIFEST, ModelFileError, open_folder
from tinyguard.policy import PRESETS, Policy


@cache
def scratch() -> Path:
    """A folder of this process, in memory where the system has such."""
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(prefix="tinyguard-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(folder.cleanup)
    return Path(folder.name)


def model_json(data: bytes) -> None:
    folder = scratch()
    (folder / MANIFEST).write_bytes(data)
    try:
        model = open_folder(folder)
    except ModelFileError as error:
        assert str(folder) in str(error)
        return
    assert 0 <= model.window_overlap < model.max_tokens
    assert all((folder / name).parent == folder for name in model.files)
    for name in set(PRESETS) & set(model.thresholds):
        Policy.preset(name, model.thresholds)
    try:
        model.verify()
    except ModelFileError as error:
        assert str(folder) in str(error)
    else:
        raise AssertionError("a model whose files are missing was taken")
