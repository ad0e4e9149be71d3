"""Weights of several graphs in one file, each stored once, as ONNX external data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx
from onnx import TensorProto

#: A cache line, and what the kernels' loads are aligned to.
ALIGNMENT = 64
#: Smaller tensors stay in the graph, where shape inference and constant folding look for them.
SMALLEST = 512


def share_weights(graphs: list[Path], target: Path) -> None:
    """Move the initializers of these graph files into `target` (in the same folder) and rewrite the files."""
    places: dict[bytes, tuple[int, int]] = {}
    with target.open("wb") as out:
        for path in graphs:
            model = onnx.load(str(path))
            for tensor in model.graph.initializer:
                raw = tensor.raw_data
                if len(raw) < SMALLEST:
                    continue
                key = hashlib.sha256(raw).digest()
                if key not in places:
                    out.write(bytes(-out.tell() % ALIGNMENT))
                    places[key] = out.tell(), len(raw)
                    out.write(raw)
                offset, length = places[key]
                tensor.ClearField("raw_data")
                tensor.data_location = TensorProto.EXTERNAL
                del tensor.external_data[:]
                for name, value in (("location", target.name), ("offset", offset), ("length", length)):
                    tensor.external_data.add(key=name, value=str(value))
            onnx.save_model(model, str(path))
