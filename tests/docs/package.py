"""The compiled library with its tables and the model beside it, as an installed package has them.

In an editable installation the compiled files lie in site-packages and everything else in this tree.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.capi import library as capi
from tinyguard import ops
from tinyguard.modelfile import BUNDLED


def make(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(capi.LIBRARY, folder)
    if (operators := ops.library()) is not None:
        shutil.copy(operators, folder)
    (folder / "data").symlink_to(capi.LANGUAGE.parent)
    (folder / "weights").symlink_to(BUNDLED)
    return folder
