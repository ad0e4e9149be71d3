"""The two graphs of the model, joined: every window through the fast one, the unsure ones through the deep one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from tinyguard import _core, fourbit, ops
from tinyguard.modelfile import MANIFEST, Calibration, ModelFileError, ModelFolder
from tinyguard.tokenizer import Ids

Floats: TypeAlias = npt.NDArray[np.float32]
Probabilities: TypeAlias = npt.NDArray[np.float64]

#: What the router chooses from, in the order of its probabilities.
ROUTES = ("fast_only", "deep_only", "both")
# Threat codes, severity and harmful intent stand behind the classes in an answer.
_CODES = 16


class Reading(NamedTuple):
    """What the model says of one window."""

    probabilities: Probabilities  # of the classes, calibrated
    code: int  # the likeliest threat code, of the 16
    severity: float  # 0 to 15
    harmful: float  # probability that something plainly harmful is asked for
    route: int  # index in ROUTES
    stay: float  # the router's probability of the first of them
    loudness: float = 0.0  # of its loudest run of tokens, in log-odds; above 0 that asks for a closer look
    loudest: int = 0  # the token at which that run begins, special ones not counted


class Network:
    """A loaded model. `read` may be called from any thread.

    native           whether the graphs run on the package's own operators; the same weights run in standard operators
                     where the library of operators is missing
    router_threshold a window stays fast where the router's probability of it is at least this
    """

    def __init__(self, folder: ModelFolder, native: bool | None = None) -> None:
        self.folder = folder
        self.native = ops.library() is not None if native is None else native
        self.router_threshold = folder.router_threshold
        kind = "" if self.native else ".plain"
        weights = _four_bit_weights(folder)
        self._fast = _session(folder, f"fast{kind}.onnx", self.native, weights)
        self._deep = _session(folder, f"deep{kind}.onnx", self.native, weights)
        # The hidden states stay inside where nobody goes on from them.
        hidden = ["hidden"] if folder.deep_reads == "hidden" else []
        self._outputs = [*hidden, "pooled", "answer", "routes", *(["loudest"] if folder.run_tokens else [])]
        self._check(f"fast{kind}.onnx", self._fast, {"ids", "lengths", "features"}, self._outputs)
        begins = {"ids", "features"} if folder.deep_reads == "ids" else {"hidden"}
        known = {"lengths", "pooled", "routes", "fast_answer"}
        self._check(f"deep{kind}.onnx", self._deep, known | begins, ["answer"])

    def _check(self, name: str, graph: ort.InferenceSession, given: set[str], wanted: list[str]) -> None:
        """Raises ModelFileError where the graph does not take what it will be given or answer what is expected."""
        inputs = {item.name: item.shape[-1] for item in graph.get_inputs()}
        outputs = {item.name: item.shape[-1] for item in graph.get_outputs()}
        wide, features = len(self.folder.classes) + _CODES + 2, len(_core.FEATURE_NAMES)
        if "features" in given and inputs.get("features") != features:
            problem = f"does not fit this version: inputs {inputs}, {features} features expected"
        elif set(inputs) != given:
            problem = f"does not fit model.json: inputs {inputs}, {', '.join(sorted(given))} expected"
        elif outputs.get("answer") != wide:
            problem = f"does not fit model.json: outputs {outputs}, answers of {wide} expected"
        elif missing := set(wanted) - set(outputs):
            problem = f"does not fit model.json: no output {', '.join(sorted(missing))}"
        else:
            return
        raise ModelFileError(self.folder.folder / name, problem, self.folder.sha256(name))

    def read(self, ids: Ids, lengths: Ids, features: Floats) -> list[Reading]:
        """ids int64 [B, T], the real tokens of each row first; lengths int64 [B] of those; features float32 [B, F].

        Raises RuntimeError where the model's answer is no number.
        """
        asked: dict[str, npt.NDArray[Any]] = {"ids": ids, "lengths": lengths, "features": features}
        fast: dict[str, npt.NDArray[Any]] = dict(zip(self._outputs, self._fast.run(self._outputs, asked), strict=True))
        answer, routes = fast["answer"], fast["routes"]
        loudest = fast.get("loudest", np.zeros((len(ids), 2), np.float32))
        deep = np.flatnonzero(routes[:, 0] < self.router_threshold)
        route = np.zeros(len(ids), np.int64)
        calibration = [self.folder.calibration["fast"]] * len(ids)
        if len(deep):
            (answer[deep],) = self._deep.run(["answer"], self._asked(deep, asked | fast))
            route[deep] = 1 + (routes[deep, 2] > routes[deep, 1])
            for row in deep:
                calibration[row] = self.folder.calibration["deep"]
        if not np.isfinite(answer).all():
            # Not a benign text: nothing is known of it.
            raise RuntimeError("the model gave something that is no number")
        loudness, begin = loudest.T
        if not (np.isfinite(loudness) & (begin >= 0) & (begin < lengths)).all():
            raise RuntimeError("the model names a run of tokens that is not there")
        rows = zip(answer.astype(np.float64), calibration, route, routes[:, 0], loudest, strict=True)
        return [self._reading(*row) for row in rows]

    def _asked(self, rows: npt.NDArray[np.int64], known: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """What the deep graph takes for these rows, out of what the fast one took and gave."""
        chosen = {name: known[name][rows] for name in ("lengths", "pooled", "routes")}
        chosen["fast_answer"] = known["answer"][rows]
        tokens = known[self.folder.deep_reads]
        most = int(chosen["lengths"].max())
        chosen[self.folder.deep_reads] = tokens if len(rows) == len(tokens) else tokens[rows, :most]
        if self.folder.deep_reads == "ids":
            chosen["features"] = known["features"][rows]
        return chosen

    def hidden(self, ids: Ids, lengths: Ids, features: Floats) -> Floats:
        """The fast branch's hidden states, float32 [B, T, D], of what `read` takes."""
        (found,) = self._fast.run(["hidden"], {"ids": ids, "lengths": lengths, "features": features})
        return found  # type: ignore[no-any-return]

    def _reading(
        self, answer: Probabilities, calibration: Calibration, route: np.int64, stay: np.float32, loudest: Floats
    ) -> Reading:
        classes = len(self.folder.classes)
        probabilities = calibrated(answer[:classes], calibration)
        code = int(answer[classes : classes + _CODES].argmax())
        severity, harmful = 1.0 / (1.0 + np.exp(-answer[classes + _CODES :]))
        loudness, begin = loudest
        return Reading(probabilities, code, 15.0 * float(severity), float(harmful), int(route), float(stay),
                       float(loudness), int(begin))  # fmt: skip


def calibrated(logits: Probabilities, calibration: Calibration) -> Probabilities:
    """Class probabilities [C] of logits [C]: a temperature, and a shift of the benign one."""
    scaled = logits / calibration.temperature
    scaled[0] += calibration.benign_bias
    scaled = np.exp(scaled - scaled.max())
    return scaled / scaled.sum()  # type: ignore[no-any-return]


def _four_bit_weights(folder: ModelFolder) -> fourbit.Bytes | None:
    """The weights of a folder that has them in four bits, as the graphs want them; None for any other folder."""
    if fourbit.FILE not in folder.files:
        return None
    path, expected = folder.folder / fourbit.FILE, folder.sha256(fourbit.FILE)
    if not hasattr(ort.SessionOptions, "add_external_initializers_from_files_in_memory"):
        problem = f"needs onnxruntime {fourbit.ONNXRUNTIME} or newer: {ort.__version__} takes weights from files only"
        raise ModelFileError(path, problem)
    try:
        return fourbit.expand(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelFileError(path, f"is damaged: {error}", expected) from None


#: In a graph: the name, behind its length, of a file that holds a tensor's values.
_LOCATION = re.compile(rb"\n\x08location\x12([\x01-\x7f])")


def _check_listed(folder: ModelFolder, name: str) -> None:
    """Raises ModelFileError where a graph reads a file that model.json does not list, so that nothing verified it."""
    content = (folder.folder / name).read_bytes()
    known = {*folder.files, *([fourbit.STANDS_FOR] if fourbit.FILE in folder.files else [])}
    for found in _LOCATION.finditer(content):
        needed = content[found.end() : found.end() + found[1][0]].decode(errors="replace")
        if needed not in known:
            raise ModelFileError(folder.folder / MANIFEST, f"is damaged: it does not list {needed}, which {name} needs")


def _session(folder: ModelFolder, name: str, native: bool, weights: fourbit.Bytes | None) -> Any:
    options = ort.SessionOptions()
    # Texts and batches are what runs side by side; one that is alone has a core to itself.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # patterns are kept for every shape ever seen
    options.log_severity_level = 3
    path, expected = folder.folder / name, folder.sha256(name)
    _check_listed(folder, name)
    if native and (library := ops.library()) is not None:
        _add_operators(options, library)
    try:
        if weights is not None:
            # Copied while the session is made.
            options.add_external_initializers_from_files_in_memory([fourbit.STANDS_FOR], [weights], [weights.nbytes])
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelFileError(path, f"is not a model that ONNX Runtime reads: {error}", expected) from None


def _add_operators(options: Any, library: Path) -> None:
    """Raises ModelFileError for a damaged library, ValueError for an instruction set that it does not know."""
    if ops.ends_early(library):  # the loader would map it and crash
        raise ModelFileError(library, "is damaged: it ends early")
    try:
        options.register_custom_ops_library(str(library))
    except Exception as error:
        _, forced, problem = str(error).partition("TINYGUARD_FORCE_ISA: ")
        if forced:
            raise ValueError(forced + problem) from None
        raise ModelFileError(library, f"is no library of operators that ONNX Runtime loads: {error}") from None
