"""The ONNX Runtime custom ops of the encoder: INT8 kernels in a shared library inside the package."""

from __future__ import annotations

from pathlib import Path

from tinyguard import _core

#: What the build calls the library on Linux, macOS and Windows.
NAMES = ("libtinyguard_ops.so", "libtinyguard_ops.dylib", "tinyguard_ops.dll")


def library() -> Path | None:
    """The library for `SessionOptions.register_custom_ops_library`; None where the build has none."""
    # Beside the extension module: an editable install keeps what is compiled apart from the sources.
    folder = Path(_core.__file__).parent
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)
