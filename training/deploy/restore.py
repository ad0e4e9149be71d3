"""A checkpoint out of a model folder, so that a run can go on from a published model (`training.loop.run --from`).

    python -m training.deploy.restore tinyguard/weights BASE OUT.pt [--config training/configs/dual.yaml]

The weights come back as their INT8 values stand for them. What the graphs no longer hold is as it was at the beginning:
characters, which have gone into the token table, add nothing; positions past the window and the structures of the
written prototypes are BASE's. N-grams are no part of a checkpoint; they are fitted anew (`training.ngrams`). BASE is a
pruned encoder as for a first run; its vocabulary may differ from the folder's, and pieces that the folder does not have
are BASE's as well.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from torch import Tensor

from training.deploy.export import DEEP, FAST
from training.deploy.packing import PackedLinear, dequantize
from training.loop.options import RunOptions, plain, read_options
from training.model.cased import ignore_case
from training.model.dual import DualBranch
from training.model.initialize import initialize

#: The maps of a layer in the order of its parts: four parts for each of them, two for each norm.
LINEAR = (("attention.qkv", 0), ("attention.out", 4), ("feed.up", 10), ("feed.down", 14))
NORM = (("attention.norm", 8), ("norm", 18))
#: The heads in the order in which they lie in one answer.
HEADS = ("classes", "code", "severity", "harmful")
ROUTER = ("hidden.weight", "hidden.bias", "routes.weight", "routes.bias")
DOMAIN = "tinyguard"


class Graph(NamedTuple):
    """What a graph holds: its tensors by name, and by kind of operator the tensors that each of its nodes takes."""

    tensors: dict[str, Tensor]
    nodes: dict[str, list[list[Tensor]]]


def read(path: Path) -> Graph:
    """Raises ValueError for a graph with experts: only dense layers can be restored."""
    graph = onnx.load(str(path)).graph
    tensors = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    for node in graph.node:  # the exporter writes equal tensors once
        if node.op_type == "Identity" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]]
    nodes: dict[str, list[list[Tensor]]] = defaultdict(list)
    for node in graph.node:
        if node.domain == DOMAIN:
            nodes[node.op_type].append([tensors[name] for name in node.input if name in tensors])
    if "ExpertLayer" in nodes:
        raise ValueError(f"{path.name} has experts; only dense layers can be restored")
    return Graph(tensors, nodes)


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
    """Layers, pooling, heads and locator of one branch under the model's names; `sizes` are the heads' outputs."""
    found: dict[str, Tensor] = {}
    for index, parts in enumerate(graph.nodes["DenseLayer"]):
        found |= {f"{name}_layers.{index}.{k}": v for k, v in layer(parts).items()}
    hidden = PackedLinear(*graph.nodes["FineLinear"][0])
    found |= {f"{name}_pooling.hidden.weight": dequantize(hidden), f"{name}_pooling.hidden.bias": hidden.bias}
    for *_, queries in graph.nodes["PoolScales"]:
        found[f"{name}_pooling.queries"] = queries
    for part in ("weight", "bias"):
        pieces = torch.split(graph.tensors[f"heads.{part}"], sizes)
        found |= {f"{name}_heads.{head}.{part}": piece for head, piece in zip(HEADS, pieces, strict=True)}
    heard = {k.removeprefix("heard."): v for k, v in graph.tensors.items() if k.startswith("heard.")}
    return found | {f"{name}_locator.{k}": v for k, v in heard.items()}


def by_spelling(rows: Tensor, folder: Path, own: Tensor, base: Path) -> Tensor:
    """Token embeddings [V, D] for the pieces of `base`: a folder's `rows` [W, D] where it has the piece, else `own`."""
    theirs, ours = (Tokenizer.from_file(str(path / "tokenizer.json")).get_vocab() for path in (folder, base))
    table = own.clone()
    known = [(ours[piece], index) for piece, index in theirs.items() if piece in ours]
    to, source = torch.tensor(known).T
    table[to] = rows[source]
    return table


def embedding(
    tensors: dict[str, Tensor], name: str, state: dict[str, Tensor], folder: Path, base: Path | None
) -> dict[str, Tensor]:
    """An embedding's parameters under the model's names; `state` has those of the model for what a graph lacks."""
    found = {f"{name}.{k}": v for k, v in tensors.items() if k.startswith(("norm.", "detectors."))}
    table = tensors["table"].float() * tensors["scale"].unsqueeze(-1)
    own = state[f"{name}.tokens.weight"]
    found[f"{name}.tokens.weight"] = by_spelling(table, folder, own, base) if base else table
    positions = state[f"{name}.positions.weight"].clone()
    positions[: len(tensors["positions"])] = tensors["positions"]
    found[f"{name}.positions.weight"] = positions
    for part in ("weight", "bias"):
        project = f"{name}.characters.project.{part}"
        if project in state:
            found[project] = torch.zeros_like(state[project])
    return found


def has_locator(graph: Graph) -> bool:
    """Whether the branch was trained with one; what `training.locate` fits has no say in the answer."""
    return "heard.loudness" in graph.tensors


def restored_deep(model: DualBranch, folder: Path, base: Path | None, sizes: list[int]) -> dict[str, Tensor]:
    """The deep branch's parameters and the fusion's under the model's names."""
    graph = read(folder / DEEP)
    deep, separate = graph.tensors, "table" in graph.tensors
    if separate != model.config.separate_deep:
        raise ValueError(f"{folder} was exported with separate_deep={separate}, the model has the opposite")
    found = branch(graph, "deep", sizes) | {k: v for k, v in deep.items() if k.startswith("fusion.")}
    return found | (embedding(deep, "deep_embedding", model.state_dict(), folder, base) if separate else {})


@torch.no_grad()
def restore(model: DualBranch, folder: Path, base: Path | None = None) -> list[str]:
    """Put the weights of a folder's graphs into a model of their shape; the names of what stayed as it was. A model
    without a deep branch gets the fast one, a model without a fast one gets a deep branch that reads the text itself.

    base    folder that the model was initialized from, if its vocabulary may be another than the folder's
    """
    if not model.config.fast_branch:
        return put(model, deep_alone(model, folder, base))
    config, graph = model.config, read(folder / FAST)
    fast, state = graph.tensors, model.state_dict()
    sizes = [len(state[f"fast_heads.{head}.bias"]) for head in HEADS]
    found = branch(graph, "fast", sizes) | embedding(fast, "embedding", state, folder, base)
    found |= {k: v for k, v in fast.items() if k.startswith("confidence.")}
    if config.deep_branch:
        found |= restored_deep(model, folder, base, sizes)
        for part, value in zip(ROUTER, graph.nodes["Router"][0], strict=True):
            found[f"router.{part}"] = value
    if config.patterns:
        parts = graph.nodes["HighestCosines"][0]
        project, prototypes = (dequantize(PackedLinear(*parts[first : first + 4])) for first in (0, 4))
        rows, columns = state["patterns.project.weight"].shape  # without the zeros that fill whole panels
        last = len(state["patterns.written"]) + config.prototypes_learned
        found["patterns.project.weight"] = project[:rows, :columns]
        found["patterns.learned"] = prototypes[last - config.prototypes_learned : last, :rows]
        found |= {f"patterns.{k}": v for k, v in fast.items() if k.startswith("read.")}
    return put(model, found)


def deep_alone(model: DualBranch, folder: Path, base: Path | None) -> dict[str, Tensor]:
    """The parameters of a model that is nothing but a folder's deep branch, which must read the text itself."""
    graph, state = read(folder / DEEP), model.state_dict()
    if "table" not in graph.tensors:
        raise ValueError(f"{folder}: the deep branch goes on from the fast one and cannot stand alone")
    sizes = [len(state[f"deep_heads.{head}.bias"]) for head in HEADS]
    return branch(graph, "deep", sizes) | embedding(graph.tensors, "embedding", state, folder, base)


def put(model: DualBranch, found: dict[str, Tensor]) -> list[str]:
    """Load what was found; the names of what was not, and stays."""
    model.load_state_dict(found, strict=False)
    ignore_case(model)
    return sorted(set(model.state_dict()) - set(found))


def shaped(options: RunOptions, folder: Path) -> RunOptions:
    """The options with the deep branch that the folder has, if any is wanted: one that reads on from the fast one, or
    one of its own. Locators may be wanted that the folder does not have."""
    model = options.model
    if model.fast_branch and has_locator(read(folder / FAST)):
        model = dataclasses.replace(model, fast_locator=True)
    if model.deep_branch:
        deep = read(folder / DEEP)
        model = dataclasses.replace(model, deep_locator=model.deep_locator or has_locator(deep))
        if model.fast_branch:
            layers = len(deep.nodes["DenseLayer"])
            model = dataclasses.replace(model, separate_deep="table" in deep.tensors, deep_layers=layers)
    return dataclasses.replace(options, model=model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--config", type=Path, default=Path("training/configs/dual.yaml"))
    args = parser.parse_args()
    options = shaped(read_options(args.config), args.folder)
    model = DualBranch(options.model)
    initialize(model, args.base, options.seed)
    kept = restore(model, args.folder, args.base)
    torch.save({"average": model.state_dict(), "options": plain(options), "step": 0}, args.out)
    print(f"{args.out}; as in the base: {', '.join(kept)}")


if __name__ == "__main__":
    main()
