"""A checkpoint out of a model folder, so that a run can go on from a published model (`training.loop.run --from`).

    python -m training.deploy.restore tinyguard/weights BASE OUT.pt [--config training/configs/dual.yaml]

The weights come back as their INT8 values stand for them. What the graphs no longer hold is as it was at the beginning:
characters, which have gone into the token table, add nothing; positions past the window and the structures of the
written prototypes are BASE's, the pruned encoder that the first run began from.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from training.deploy.export import DEEP, FAST
from training.deploy.packing import PackedLinear, dequantize
from training.loop.options import plain, read_options
from training.model.dual import DualBranch
from training.model.initialize import initialize

#: The maps of a layer in the order of its parts: four parts for each of them, two for each norm.
LINEAR = (("attention.qkv", 0), ("attention.out", 4), ("feed.up", 10), ("feed.down", 14))
NORM = (("attention.norm", 8), ("norm", 18))
#: The heads in the order in which they lie in one answer.
HEADS = ("classes", "code", "severity", "harmful")


class Graph(NamedTuple):
    """What a graph holds: its tensors by name, and each layer's parts in the order in which its node takes them."""

    tensors: dict[str, Tensor]
    layers: list[list[Tensor]]


def read(path: Path) -> Graph:
    """Raises ValueError for a graph with experts: only dense layers can be restored."""
    graph = onnx.load(str(path)).graph
    tensors = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    for node in graph.node:  # the exporter writes equal tensors once
        if node.op_type == "Identity" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]]
    if any(node.op_type == "ExpertLayer" for node in graph.node):
        raise ValueError(f"{path.name} has experts; only dense layers can be restored")
    nodes = [node for node in graph.node if node.op_type == "DenseLayer"]
    return Graph(tensors, [[tensors[name] for name in node.input[2:]] for node in nodes])


def layer(parts: list[Tensor]) -> dict[str, Tensor]:
    """A dense layer's parameters."""
    found: dict[str, Tensor] = {}
    for name, first in LINEAR:
        linear = PackedLinear(*parts[first : first + 4])
        found |= {f"{name}.weight": dequantize(linear), f"{name}.bias": linear.bias}
    for name, first in NORM:
        found |= {f"{name}.weight": parts[first], f"{name}.bias": parts[first + 1]}
    return found


def branch(graph: Graph, name: str, sizes: list[int]) -> dict[str, Tensor]:
    """Layers, pooling and heads of one branch under the model's names; `sizes` are the heads' outputs."""
    found: dict[str, Tensor] = {}
    for index, parts in enumerate(graph.layers):
        found |= {f"{name}_layers.{index}.{k}": v for k, v in layer(parts).items()}
    found |= {f"{name}_{k}": v for k, v in graph.tensors.items() if k.startswith("pooling.")}
    for part in ("weight", "bias"):
        pieces = torch.split(graph.tensors[f"heads.{part}"], sizes)
        found |= {f"{name}_heads.{head}.{part}": piece for head, piece in zip(HEADS, pieces, strict=True)}
    return found


@torch.no_grad()
def restore(model: DualBranch, folder: Path) -> list[str]:
    """Put the weights of a folder's graphs into a model of their shape; the names of what stayed as it was."""
    config, graphs = model.config, (read(folder / FAST), read(folder / DEEP))
    fast, deep = (graph.tensors for graph in graphs)
    state = model.state_dict()
    sizes = [len(state[f"fast_heads.{head}.bias"]) for head in HEADS]
    found = branch(graphs[0], "fast", sizes) | branch(graphs[1], "deep", sizes)
    found |= {k: v for k, v in fast.items() if k.startswith(("confidence.", "router.", "patterns."))}
    found |= {k: v for k, v in deep.items() if k.startswith("fusion.")}
    found |= {f"embedding.{k}": v for k, v in fast.items() if k.startswith(("norm.", "detectors."))}
    found["embedding.tokens.weight"] = fast["table"].float() * fast["scale"].unsqueeze(-1)
    positions = state["embedding.positions.weight"].clone()
    positions[: len(fast["positions"])] = fast["positions"]
    found["embedding.positions.weight"] = positions
    if config.characters:
        for part in ("weight", "bias"):
            found[f"embedding.characters.project.{part}"] = torch.zeros_like(
                state[f"embedding.characters.project.{part}"]
            )
    if config.patterns:
        found["patterns.learned"] = fast["prototypes"].t()[-config.prototypes_learned :].contiguous()
    model.load_state_dict(found, strict=False)
    return sorted(set(state) - set(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--config", type=Path, default=Path("training/configs/dual.yaml"))
    args = parser.parse_args()
    options = read_options(args.config)
    model = DualBranch(options.model)
    initialize(model, args.base, options.seed)
    kept = restore(model, args.folder)
    torch.save({"average": model.state_dict(), "options": plain(options), "step": 0}, args.out)
    print(f"{args.out}; as in the base: {', '.join(kept)}")


if __name__ == "__main__":
    main()
