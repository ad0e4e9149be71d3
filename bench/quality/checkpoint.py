"""A training checkpoint in fp32 PyTorch, under the same guard: normalization, views, windows and judge are unchanged.

The detector differs from the model folder's in the numbers that the network gives and in nothing else, which is what
counting decision flips needs. N-grams, and a locator that was fitted afterwards, are no part of a checkpoint: those of
the folder are used.

    python -m bench.quality.flips tinyguard=FOLDER bench.quality.checkpoint:Checkpoint=RUN/last.pt,FOLDER --score FILE …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from bench.detector import TinyGuardDetector, folder_and_options, suffix
from training.loop.checkpoint import load_model
from training.model.dual import DualBranch
from training.model.heads import Answer
from training.model.locator import MARGIN, Locator
from training.model.ngrams import Ngrams
from training.model.router import twice_if_harmful

Named = dict[str, Tensor]


class TorchSession:
    """Answers like an ONNX Runtime session, by a function from named tensors to named tensors."""

    def __init__(self, compute: Callable[[Named], Named]) -> None:
        self._compute = compute

    def run(self, outputs: Sequence[str], feeds: dict[str, npt.NDArray[Any]]) -> list[npt.NDArray[np.float32]]:
        """The outputs of these names."""
        with torch.inference_mode():
            given = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in feeds.items()}
            found = self._compute(given)
            return [found[name].float().numpy().copy() for name in outputs]


def joined(answer: Answer) -> Tensor:
    """[B, A]: the heads' logits side by side, as a graph gives them."""
    return torch.cat([answer.classes, answer.code, answer.severity.unsqueeze(-1), answer.harmful.unsqueeze(-1)], -1)


def parted(answer: Tensor, classes: int) -> Answer:
    """The inverse of `joined`."""
    return Answer(answer[:, :classes], answer[:, classes:-2], answer[:, -2], answer[:, -1])


def real(lengths: Tensor, tokens: int) -> Tensor:
    """bool [B, T]: the tokens that are no padding."""
    return torch.arange(tokens) < lengths.unsqueeze(1)


def beside(folder: Path) -> tuple[Ngrams | None, Locator | None]:
    """The n-grams and the locator of a model folder, None where it has none."""
    parts: dict[str, Named] = {"ngrams.ngrams.": {}, "locator.": {}}
    for tensor in onnx.load(folder / "fast.plain.onnx", load_external_data=False).graph.initializer:
        for prefix, found in parts.items():
            if tensor.name.startswith(prefix):
                value = numpy_helper.to_array(tensor, base_dir=str(folder))
                found[tensor.name.removeprefix(prefix)] = torch.from_numpy(value.copy())
    ngrams, locator = parts.values()
    made = Locator(*reversed(locator["inner.weight"].shape)) if locator else None
    if made is not None:
        made.load_state_dict(locator)
    return (Ngrams(ngrams["table"], float(ngrams["scale"])) if ngrams else None), made


def fast_session(model: DualBranch, ngrams: Ngrams | None = None, locator: Locator | None = None) -> TorchSession:
    """The fast branch and the router, with the inputs and outputs of `training.deploy.graphs`."""

    def compute(given: Named) -> Named:
        ids, lengths, features = given["ids"], given["lengths"], given["features"]
        fast = model.run_fast(model.embed(ids, features), real(lengths, ids.shape[1]), features)
        assert fast.answer is not None
        assert fast.pooled is not None
        assert fast.confidence is not None
        assert model.router is not None
        answer = joined(fast.answer)
        if ngrams is not None:
            answer[:, :1] -= ngrams(ids, lengths)
        known = parted(answer, fast.answer.classes.shape[1])
        routes = model.router(known, fast.confidence, lengths, features if model.config.detectors else None)
        routes = twice_if_harmful(routes.softmax(-1), known.harmful)
        found = {"hidden": fast.hidden, "pooled": fast.pooled, "answer": answer, "routes": routes}
        if locator is not None:
            found["loudest"] = locator(fast.hidden, lengths)
        if model.fast_locator is not None:
            loudest = model.fast_locator(fast.hidden, lengths)
            found["loudest"] = torch.cat([loudest[:, :1] + MARGIN, loudest[:, 1:]], 1)
        return found

    return TorchSession(compute)


def deep_session(model: DualBranch) -> TorchSession:
    """The deep branch, the fusion, and the choice between their answers."""

    def compute(given: Named) -> Named:
        routes = given["routes"]
        if model.deep_embedding is None:
            start = given["hidden"]
        else:
            start = model.deep_embedding(given["ids"], given["features"])
        deep = model.run_deep(start, real(given["lengths"], start.shape[1]))
        fast = parted(given["fast_answer"], deep.answer.classes.shape[1])
        fused = joined(model.fusion(fast, deep.answer, given["pooled"], deep.pooled))
        both = (routes[:, 2] > routes[:, 1]).unsqueeze(-1)
        return {"answer": torch.where(both, fused, joined(deep.answer))}

    return TorchSession(compute)


class Checkpoint(TinyGuardDetector):
    """`CHECKPOINT,FOLDER[,route=…]`: the averaged weights of a checkpoint with the tokenizer, the n-grams and locator,
    the calibration, the routing and the thresholds of a folder."""

    def __init__(self, names: str) -> None:
        checkpoint, _, rest = names.partition(",")
        if not Path(checkpoint).is_file():
            raise ValueError(f"{checkpoint}: no such checkpoint")
        folder, options = folder_and_options(rest)
        if "operators" in options:
            raise ValueError("a checkpoint runs in PyTorch: it takes no operators=…")
        super().__init__(folder, route=options.get("route", ""))
        model, _ = load_model(Path(checkpoint))
        self.use(model)
        self.name = f"checkpoint {Path(checkpoint).name}{suffix(options)}"

    def use(self, model: DualBranch) -> None:
        """Let this model compute in place of the folder's graphs, routed as `training.package` lets it."""
        if model.router is not None:
            model.router.follow_answer()
        network = self.guard._runtime.network
        ngrams, locator = beside(network.folder.folder)
        network._fast, network._deep = fast_session(model, ngrams, locator), deep_session(model)
