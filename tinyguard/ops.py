"""The ONNX Runtime custom ops of the encoder: INT8 kernels in a shared library inside the package."""

from __future__ import annotations

from pathlib import Path

#: What the build calls the library on Linux, macOS and Windows.
NAMES = ("libtinyguard_ops.so", "libtinyguard_ops.dylib", "tinyguard_ops.dll")


def library() -> Path | None:
    """The library for `SessionOptions.register_custom_ops_library`; None where the build has none."""
    folder = Path(__file__).parent
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)
