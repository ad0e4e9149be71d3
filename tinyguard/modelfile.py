"""The model folder: ``model.json`` and the files that it names, each verified by its SHA-256 before use."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PureWindowsPath
from typing import Any

from tinyguard.verdict import THREAT_CODES

BUNDLED = Path(__file__).parent / "weights"
MANIFEST = "model.json"
FORMAT = 2

_REQUIRED = ("fast.onnx", "deep.onnx", "fast.plain.onnx", "deep.plain.onnx", "tokenizer.json")
_BRANCHES = ("fast", "deep")
#: What the deep graph may begin with: the fast graph's hidden states, or the text's tokens.
_DEEP_READS = ("hidden", "ids")
_CHUNK = 1 << 20


class ModelFileError(RuntimeError):
    """A model file is missing or damaged. ``path`` and ``sha256`` say which, and what it should be."""

    def __init__(self, path: Path, problem: str, sha256: str | None = None) -> None:
        self.path, self.sha256 = path, sha256
        super().__init__(f"model file {path} {problem}" + (f" (expected sha256 {sha256})" if sha256 else ""))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities."""

    temperature: float
    benign_bias: float  # added to the benign logit after the temperature


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What ``model.json`` says.

    run_tokens       length of the runs of tokens of which the fast graph names the most suspicious (its output
                     ``loudest``); 0 where it names none
    deep_reads       what the deep graph begins with: ``hidden``, the fast one's hidden states, or ``ids``, the tokens
    calibration      of the ``fast`` branch's answers, and of those that the ``deep`` branch had a part in
    router_threshold the router's probability from which a window stays with the fast branch
    batch_invariant  a row's scores do not depend on the rows that share its run. Not so for a model whose activations
                     are quantized by a scale for the whole tensor: its windows are run one by one
    """

    folder: Path
    name: str
    version: str
    created: str
    classes: tuple[str, ...]
    max_tokens: int
    window_overlap: int
    run_tokens: int
    deep_reads: str
    calibration: Mapping[str, Calibration]
    router_threshold: float
    batch_invariant: bool
    thresholds: Mapping[str, float]
    threshold_budgets: Mapping[str, float]
    files: Mapping[str, Mapping[str, Any]]
    card: Mapping[str, Any]

    def sha256(self, name: str) -> str:
        return str(self.files[name]["sha256"])

    def verify(self) -> None:
        """Compare every listed file with its SHA-256. Raises ModelFileError."""
        for name in self.files:
            path, expected, digest = self.folder / name, self.sha256(name), hashlib.sha256()
            try:
                with path.open("rb") as file:
                    while chunk := file.read(_CHUNK):
                        digest.update(chunk)
            except FileNotFoundError:
                raise ModelFileError(path, "is missing", expected) from None
            except OSError as error:
                raise ModelFileError(path, f"cannot be read: {error.strerror}", expected) from None
            if (found := digest.hexdigest()) != expected:
                raise ModelFileError(path, f"is damaged: its sha256 is {found}", expected)


def open_folder(path: str | PathLike[str] | None = None) -> ModelFolder:
    """Read and check ``model.json`` of a model folder (default: the model in the package)."""
    folder = BUNDLED if path is None else Path(path)
    manifest = folder / MANIFEST
    try:
        content = manifest.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(manifest, "is missing") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ModelFileError(manifest, f"cannot be read: {getattr(error, 'strerror', error)}") from None
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        raise ModelFileError(manifest, "is damaged: it is not JSON") from None
    try:
        return _check(folder, fields)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        problem = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelFileError(manifest, f"is damaged: {problem}") from None


def _check(folder: Path, fields: dict[str, Any]) -> ModelFolder:
    if fields["format"] != FORMAT:
        raise ValueError(f"format {fields['format']!r} is not {FORMAT}, the one that this version reads")
    model = ModelFolder(
        folder=folder,
        name=str(fields["name"]),
        version=str(fields["version"]),
        created=str(fields.get("created", "")),
        classes=tuple(fields["classes"]),
        max_tokens=int(fields["max_tokens"]),
        window_overlap=int(fields["window_overlap"]),
        run_tokens=int(fields.get("run_tokens", 0)),
        deep_reads=fields.get("deep_reads", "hidden"),
        calibration={name: _calibration(fields["calibration"][name]) for name in _BRANCHES},
        router_threshold=float(fields["router_threshold"]),
        batch_invariant=fields.get("batch_invariant", False) is True,
        thresholds={key: float(value) for key, value in fields["thresholds"].items()},
        threshold_budgets=dict(fields.get("threshold_budgets", {})),
        files=fields["files"],
        card=dict(fields.get("card", {})),
    )
    if len(model.classes) < 2 or model.classes[0] != "benign" or set(model.classes) - set(THREAT_CODES):
        raise ValueError(f"classes must be benign and then threat types, not {list(model.classes)}")
    if not 0 <= model.window_overlap < model.max_tokens:
        raise ValueError("window_overlap must be below max_tokens")
    if not 0 <= model.run_tokens < model.max_tokens:
        raise ValueError("run_tokens must be below max_tokens")
    if model.deep_reads not in _DEEP_READS:
        raise ValueError(f"deep_reads must be one of {', '.join(_DEEP_READS)}")
    if not math.isfinite(model.router_threshold):
        raise ValueError("router_threshold must be a number")
    for name, threshold in model.thresholds.items():
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold {name} must be above 0 and at most 1")
    if missing := [name for name in _REQUIRED if name not in model.files]:
        raise ValueError(f"files {missing} are not listed")
    for name in model.files:
        # The rules of Windows cover those of the others. Not printable: NUL and lone surrogates.
        if name != PureWindowsPath(name).name or name in ("", ".", "..", MANIFEST) or not name.isprintable():
            raise ValueError(f"{name!r} is not the name of a file in the folder")
        if len(model.sha256(name)) != 64:
            raise ValueError(f"sha256 of {name} is not one")
    return model


def _calibration(fields: Mapping[str, Any]) -> Calibration:
    calibration = Calibration(float(fields["temperature"]), float(fields["benign_bias"]))
    if not 0 < calibration.temperature < math.inf:
        raise ValueError("temperature must be positive")
    if not math.isfinite(calibration.benign_bias):
        raise ValueError("benign_bias must be a number")
    return calibration
