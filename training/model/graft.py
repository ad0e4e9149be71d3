"""Put the layers of the first shipped model (versions 1 and 2: six layers, INT8, one graph) into a base's folder.

    git show 8c16656:tinyguard/weights/model.onnx > model.onnx
    python -m training.model.graft BASE model.onnx OUT

OUT is a Hugging Face folder like BASE whose embeddings and first six layers are the model's, dequantized, and whose
other layers are the base's: what version 3 began from. Fine-tuning moves the weights little (their
cosine with the base's is 0.99), so the base's upper layers still read what the lower ones write.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file, save_file
from torch import Tensor

LAYERS = 6
#: The first product's number in the names of the exported graph, and how many a layer has.
FIRST_PRODUCT, PRODUCTS = 267, 3
NORMS = {
    "attention.output.dense.bias": "out.bias",
    "attention.output.LayerNorm.weight": "norm1.weight",
    "attention.output.LayerNorm.bias": "norm1.bias",
    "intermediate.dense.bias": "up.bias",
    "output.dense.bias": "down.bias",
    "output.LayerNorm.weight": "norm2.weight",
    "output.LayerNorm.bias": "norm2.bias",
}


def read(path: Path) -> dict[str, np.ndarray]:
    return {item.name: numpy_helper.to_array(item) for item in onnx.load(str(path)).graph.initializer}


def dequantized(parts: dict[str, np.ndarray], name: str) -> Tensor:
    """float32 [N, K] of a weight stored as integers [K, N] with scales per output or for all."""
    integers = parts[f"{name}_quantized"].astype(np.float32) - parts[f"{name}_zero_point"].astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray((integers * parts[f"{name}_scale"]).T))


def graft(base: dict[str, Tensor], parts: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """The base's tensors with those of the model in their places. Raises ValueError where shapes differ."""

    def plain(name: str) -> Tensor:
        return torch.from_numpy(parts[name].copy())

    new = dict(base)
    new["embeddings.word_embeddings.weight"] = dequantized(parts, "model.tokens.weight").t()
    # The model had added the one segment's embedding to its positions.
    positions = new["embeddings.position_embeddings.weight"].clone()
    known = plain("model.positions.weight")
    positions[: len(known)] = known - base["embeddings.token_type_embeddings.weight"][0]
    new["embeddings.position_embeddings.weight"] = positions
    for part in ("weight", "bias"):
        new[f"embeddings.LayerNorm.{part}"] = plain(f"model.norm.{part}")
    for index in range(LAYERS):
        ours, theirs = f"model.layers.{index}.", f"encoder.layer.{index}."
        together = dequantized(parts, f"layers.{index}.qkv").chunk(3), plain(f"{ours}qkv.bias").chunk(3)
        for name, weight, bias in zip(("query", "key", "value"), *together, strict=True):
            new[f"{theirs}attention.self.{name}.weight"] = weight
            new[f"{theirs}attention.self.{name}.bias"] = bias
        product = FIRST_PRODUCT + PRODUCTS * index
        new[f"{theirs}attention.output.dense.weight"] = dequantized(parts, f"onnx::MatMul_{product}")
        new[f"{theirs}intermediate.dense.weight"] = dequantized(parts, f"onnx::MatMul_{product + 1}")
        new[f"{theirs}output.dense.weight"] = plain(f"onnx::MatMul_{product + 2}").t()
        for place, name in NORMS.items():
            new[theirs + place] = plain(ours + name)
    for name, value in new.items():
        if value.shape != base[name].shape:
            raise ValueError(f"{name}: {tuple(value.shape)} does not fit the base's {tuple(base[name].shape)}")
    return {name: value.contiguous() for name, value in new.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    shutil.copytree(args.base, args.out)
    save_file(graft(load_file(args.base / "model.safetensors"), read(args.model)), args.out / "model.safetensors")


if __name__ == "__main__":
    main()
