"""Where the library of ONNX Runtime operators lies."""

from __future__ import annotations

from pathlib import Path


def library() -> Path:
    return Path(__file__).with_name("libtinyguard_ops.so")
