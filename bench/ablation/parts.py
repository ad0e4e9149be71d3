"""Parts of a guard that can be taken away from a model folder as it ships, without training it anew.

What a part is worth in this way is what it is worth to *this* model: one that had been trained without it would have
made up for some of it (`training.ablate` trains such arms).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import onnx
from onnx import numpy_helper

from bench.detector import Scores, TinyGuardDetector
from tinyguard import judge, native
from tinyguard.modelfile import MANIFEST

#: From a model folder to a detector without the part; the second folder is for an altered copy, and is empty.
Make = Callable[[Path, Path], TinyGuardDetector]


@dataclass(frozen=True)
class Part:
    what: str
    without: Make


def whole(folder: Path, work: Path) -> TinyGuardDetector:
    """The guard as it ships."""
    return TinyGuardDetector(str(folder))


def _routed(route: str) -> Make:
    return lambda folder, work: TinyGuardDetector(str(folder), route=route)


def _with_values(graph: str, values: dict[str, float]) -> Make:
    """Every element of some initializers of a graph, `fast` or `deep`, replaced by one value."""

    def make(folder: Path, work: Path) -> TinyGuardDetector:
        shutil.copytree(folder, work, dirs_exist_ok=True)
        manifest = json.loads((work / MANIFEST).read_text())
        for name in (f"{graph}.onnx", f"{graph}.plain.onnx"):
            model = onnx.load(work / name, load_external_data=False)
            known = {tensor.name: tensor for tensor in model.graph.initializer}
            for initializer, value in values.items():
                if initializer not in known:
                    raise ValueError(f"{folder / name} has no initializer {initializer}")
                tensor = known[initializer]
                kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
                tensor.CopyFrom(numpy_helper.from_array(np.full(tuple(tensor.dims), value, kind), initializer))
            content = model.SerializeToString()
            (work / name).write_bytes(content)
            manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        (work / MANIFEST).write_text(json.dumps(manifest))
        return TinyGuardDetector(str(work))

    return make


def _without_looks(folder: Path, work: Path) -> TinyGuardDetector:
    shutil.copytree(folder, work, dirs_exist_ok=True)
    manifest = json.loads((work / MANIFEST).read_text()) | {"run_tokens": 0}
    (work / MANIFEST).write_text(json.dumps(manifest))
    return TinyGuardDetector(str(work))


class _Patched(TinyGuardDetector):
    """A detector that scores while something of the package is replaced."""

    def __init__(self, model: str, owner: Any, name: str, value: Any) -> None:
        super().__init__(model)
        self.replaced = (owner, name, value)

    def scores(self, texts: Sequence[str]) -> Scores:
        with mock.patch.object(*self.replaced):
            return super().scores(texts)


def _text_alone(folder: Path, work: Path) -> TinyGuardDetector:
    analyze = native.analyze
    fields = ("features", "spans", "detectors", "overflow", "origin")

    def analyze_text(text: str) -> Any:
        found = analyze(text)
        return SimpleNamespace(views=found.views[:1], **{name: getattr(found, name) for name in fields})

    return _Patched(str(folder), native, "analyze", analyze_text)


def _uncorrected(folder: Path, work: Path) -> TinyGuardDetector:
    return _Patched(str(folder), judge, "_MOST_WINDOWS", 1)


#: In the order of the path that a text takes.
PARTS = {
    "views": Part("the model reads the text as it stands, and nothing that was recovered from it", _text_alone),
    "detector features": Part("their weights are 0", _with_values("fast", {"detectors.weight": 0})),
    "pattern bank": Part("the weights that read it are 0", _with_values("fast", {"read.weight": 0})),
    "n-grams": Part("their table is 0", _with_values("fast", {"ngrams.ngrams.table": 0})),
    "deep branch": Part("the fast branch answers for every window", _routed("fast")),
    "router": Part("both branches answer for every window", _routed("deep")),
    "fusion": Part("where the deep branch is asked, it answers alone", _with_values("deep", {"fusion.gate.bias": -30})),
    "closer look": Part("no passage is read once more", _without_looks),
    "windows' correction": Part("the odds of a text are those of its worst window", _uncorrected),
}
