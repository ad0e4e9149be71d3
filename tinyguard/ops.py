"""The ONNX Runtime custom ops of the encoder: INT8 kernels in a shared library inside the package."""

from __future__ import annotations

import struct
from pathlib import Path

from tinyguard import _core

#: What the build calls the library on Linux, macOS and Windows.
NAMES = ("libtinyguard_ops.so", "libtinyguard_ops.dylib", "tinyguard_ops.dll")


def library() -> Path | None:
    """The library for `SessionOptions.register_custom_ops_library`; None where the build has none."""
    # Beside the extension module: an editable install keeps what is compiled apart from the sources.
    folder = Path(_core.__file__).parent
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def ends_early(library: Path) -> bool:
    """Whether a library lacks its end: in ELF, the 64-bit format of Linux, a table of sections stands there."""
    with library.open("rb") as file:
        head = file.read(64)
    if not head.startswith(b"\x7fELF\2") or len(head) < 64:
        return len(head) < 64
    offset, size, count = *struct.unpack_from("<Q", head, 40), *struct.unpack_from("<HH", head, 58)
    end: int = offset + size * count
    return library.stat().st_size < end
