"""Write a checkpoint's averaged weights as ONNX graphs over one file of INT8 weights.

    python -m training.deploy.export RUN/last.pt OUT

makes `fast.onnx` and `deep.onnx` for the custom-op library, `fast.plain.onnx` and `deep.plain.onnx` in standard
operators, and `weights.bin`, which all four share. See `training.deploy.graphs` for inputs and outputs.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import torch
from torch import nn

from training.deploy.graphs import DeepGraph, FastGraph
from training.deploy.weights_file import share_weights
from training.loop.checkpoint import load_model
from training.model.dual import DualBranch
from training.model.locator import Locator
from training.model.ngrams import Ngrams

FAST, DEEP, PLAIN_FAST, PLAIN_DEEP = "fast.onnx", "deep.onnx", "fast.plain.onnx", "deep.plain.onnx"
WEIGHTS = "weights.bin"
OPSET = 18


def write(graph: nn.Module, path: Path, example: dict[str, torch.Tensor], outputs: list[str]) -> None:
    """Trace a graph on an example; axes 0 (batch) and, where there are tokens, 1 stay free."""
    tokens = {"ids", "hidden"}
    axes = {name: {0: "batch", 1: "tokens"} if name in tokens else {0: "batch"} for name in [*example, *outputs]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of every shape that becomes part of the graph
        torch.onnx.export(
            graph.eval(), tuple(example.values()), str(path), input_names=list(example), output_names=outputs,
            dynamic_axes=axes, opset_version=OPSET, dynamo=False, do_constant_folding=False,
            custom_opsets={"tinyguard": 1},
        )  # fmt: skip


@torch.no_grad()
def export(
    model: DualBranch,
    folder: Path,
    max_tokens: int = 256,
    ngrams: Ngrams | None = None,
    locator: Locator | None = None,
) -> None:
    """Write the four graphs and their weights into a folder; n-grams, and a locator unless
    the model has its own, are fitted apart from the model."""
    folder.mkdir(parents=True, exist_ok=True)
    model = model.eval()
    lengths = torch.tensor([70, 40])
    ids = torch.randint(4, model.config.vocabulary, (2, 70))
    features = torch.rand(2, model.config.features)
    for native, fast_name, deep_name in ((True, FAST, DEEP), (False, PLAIN_FAST, PLAIN_DEEP)):
        fast = FastGraph(model, native, max_tokens, ngrams, locator)
        deep = DeepGraph(model, native, max_tokens)
        hidden, pooled, answer, routes, *more = fast(ids, lengths, features)
        write(
            fast,
            folder / fast_name,
            {"ids": ids, "lengths": lengths, "features": features},
            ["hidden", "pooled", "answer", "routes", *(["loudest"] if more else [])],
        )
        asked = {"lengths": lengths, "pooled": pooled, "fast_answer": answer, "routes": routes}
        asked = {"ids": ids} | asked | {"features": features} if deep.reads else {"hidden": hidden} | asked
        write(deep, folder / deep_name, asked, ["answer"])
    share_weights([folder / name for name in (FAST, DEEP, PLAIN_FAST, PLAIN_DEEP)], folder / WEIGHTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    model, _ = load_model(args.checkpoint)
    export(model, args.out)
    for path in sorted(args.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
