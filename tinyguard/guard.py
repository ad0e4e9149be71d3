"""The guard: load once, then ask about any number of texts from any number of threads."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from os import PathLike
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime

from tinyguard import native
from tinyguard.judge import Scan, judge, verdict
from tinyguard.modelfile import MANIFEST, ModelFileError, open_folder
from tinyguard.network import Reading
from tinyguard.policy import PRESETS, ROLES, Policy, text_hash
from tinyguard.runtime import BATCH_TOKENS, Runtime, Window
from tinyguard.verdict import Verdict
from tinyguard.version import __version__

# Windows that are looked at together to find ones of like length, in batches.
_LOOK_AHEAD = 8
# Characters of a batch that are held at a time.
_GROUP_CHARS = 1 << 20

# What takes a window's reading in, the view that it is of, and the window.
_Item = tuple[Callable[[int, Window, Reading], None], int, Window]


class Guard:
    """Says whether a text tries to take a language model over.

    model    a folder with ``model.json`` (default: the model in the package)
    policy   ``strict``, ``balanced`` or ``permissive``, or a `Policy`
    threads  batches that one call computes at the same time; calls may come from any number of threads at once
    """

    def __init__(
        self, model: str | PathLike[str] | None = None, policy: str | Policy = "balanced", threads: int = 1
    ) -> None:
        if isinstance(threads, bool) or not isinstance(threads, int):
            raise TypeError(f"threads must be an integer, not {type(threads).__name__}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        folder = open_folder(model)
        if isinstance(policy, str):
            if policy in PRESETS and policy not in folder.thresholds:
                raise ModelFileError(folder.folder / MANIFEST, f"has no threshold for policy {policy!r}")
            policy = Policy.preset(policy, folder.thresholds)
        elif not isinstance(policy, Policy):
            raise TypeError(f"policy must be a Policy or one of {', '.join(PRESETS)}, not {type(policy).__name__}")
        native.load()
        self._threads = threads
        self._policy = policy
        self._bands = {role: policy.bands(role) for role in ROLES}
        self._folder = folder
        self._runtime = Runtime(folder, threads)

    @property
    def policy(self) -> Policy:
        return self._policy

    def __repr__(self) -> str:
        return f"Guard(model={self._folder.name!r}, policy={self._policy.name!r}, threads={self._threads})"

    def classify(self, text: str, role: str = "user") -> Verdict:
        """The verdict for one text that reaches the model as this role's (user, tool, document, system)."""
        start = perf_counter()
        _check(text, role)
        opened = self._open(text, role)
        if isinstance(opened, Scan):
            self._read((opened,), 16)
            return self._close(opened, _milliseconds(start))
        return self._close(opened, _milliseconds(start))

    def classify_batch(
        self, texts: Iterable[str], batch_size: int = 32, role: str | Sequence[str] = "user"
    ) -> list[Verdict]:
        """Verdicts in the order of the texts, each the same as from a call of its own.

        Where the model allows it (``batch_invariant`` in model.json), up to ``batch_size`` windows of like length share
        a run; with several threads, each computes runs of its own. ``role`` is one for all or one for each text.
        """
        if isinstance(texts, str | bytes):
            raise TypeError("texts must be a collection of strings, not one string")
        texts = list(texts)
        roles = [role] * len(texts) if isinstance(role, str) else list(role)
        if len(roles) != len(texts):
            raise ValueError(f"{len(roles)} roles for {len(texts)} texts")
        if isinstance(batch_size, bool) or not isinstance(batch_size, int):
            raise TypeError(f"batch_size must be an integer, not {type(batch_size).__name__}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        for text, its_role in zip(texts, roles, strict=True):
            _check(text, its_role)
        verdicts: list[Verdict] = []
        for begin, end in _groups(texts, _LOOK_AHEAD * batch_size):
            start = perf_counter()
            opened = [self._open(*pair) for pair in zip(texts[begin:end], roles[begin:end], strict=True)]
            self._read([scan for scan in opened if isinstance(scan, Scan)], batch_size)
            each = _milliseconds(start) / (end - begin)
            verdicts += [self._close(scan, each) for scan in opened]
        return verdicts

    def _open(self, text: str, role: str) -> Scan | tuple[str, str]:
        """The scan that a text needs, or the route and role of one that needs none."""
        if not text or text.isspace():
            return "empty", role
        if self._policy.allow_list and text_hash(text) in self._policy.allow_list:
            return "allow_list", role
        return Scan(native.analyze(text), role, self._folder.classes)

    def _read(self, scans: Sequence[Scan], batch_size: int) -> None:
        """Show every window of every view to the model, and then each view's most suspicious passage by itself."""
        self._run_all(self._windows(scans), batch_size)
        if self._folder.run_tokens:
            self._run_all(self._looks(scans), batch_size)

    def _windows(self, scans: Iterable[Scan]) -> Iterator[_Item]:
        for scan in scans:
            for view, text in enumerate(scan.texts):
                for window in self._runtime.windows(text, scan.analysis.features):
                    yield scan.add, view, window

    def _looks(self, scans: Iterable[Scan]) -> Iterator[_Item]:
        for scan in scans:
            for view, text in enumerate(scan.texts):
                suspect = scan.suspect(view)
                closer = self._runtime.closer(text, *suspect) if suspect is not None else None
                if closer is not None:
                    yield scan.add_look, view, closer

    def _run_all(self, items: Iterable[_Item], batch_size: int) -> None:
        """Holds a bounded number of windows at a time."""
        pending: list[_Item] = []
        for item in items:
            pending.append(item)
            if len(pending) == _LOOK_AHEAD * batch_size:
                self._run(pending, batch_size)
                pending.clear()
        self._run(pending, batch_size)

    def _run(self, items: list[_Item], batch_size: int) -> None:
        batches = list(_batches(items, batch_size if self._folder.batch_invariant else 1))
        results = self._runtime.batches([[window for _, _, window in batch] for batch in batches])
        for batch, readings in zip(batches, results, strict=True):
            for (add, view, window), reading in zip(batch, readings, strict=True):
                add(view, window, reading)

    def _close(self, opened: Scan | tuple[str, str], latency_ms: float) -> Verdict:
        if isinstance(opened, Scan):
            bands = self._bands[opened.role]
            return judge(opened, bands, self._policy.overflow_action, self._runtime, latency_ms)
        route, role = opened
        return verdict(0.0, self._bands[role].threshold, "benign", 0, "allow", route, latency_ms)

    def token_count(self, text: str) -> int:
        """How many tokens the model reads for a plain text."""
        return self._runtime.token_count(text)

    def info(self) -> dict[str, Any]:
        """The model, the policy, the processor path and the versions in use."""
        folder = self._folder
        return {
            "model": {
                "name": folder.name,
                "version": folder.version,
                "created": folder.created,
                "folder": str(folder.folder),
                "classes": list(folder.classes),
                "max_tokens": folder.max_tokens,
                "window_overlap": folder.window_overlap,
                "run_tokens": folder.run_tokens,
                "calibration": {name: asdict(part) for name, part in folder.calibration.items()},
                "router_threshold": folder.router_threshold,
                "batch_invariant": folder.batch_invariant,
                "thresholds": dict(folder.thresholds),
                "threshold_budgets": dict(folder.threshold_budgets),
                "files": {name: dict(entry) for name, entry in folder.files.items()},
                "card": dict(folder.card),
            },
            "policy": self._policy.to_dict(),
            "threads": self._threads,
            "isa": native.isa(),
            "operators": "native" if self._runtime.network.native else "standard",
            "machine": platform.machine(),
            "language_sha256": hashlib.sha256(native.LANGUAGE_FILE.read_bytes()).hexdigest(),
            "versions": {
                "python": platform.python_version(),
                "tinyguard": __version__,
                **{library.__name__: library.__version__ for library in (np, onnxruntime)},
                "tokenizers": version("tokenizers"),
            },
        }


def _check(text: object, role: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}: expected one of {', '.join(ROLES)}")


def _milliseconds(start: float) -> float:
    return round((perf_counter() - start) * 1e3, 4)


def _groups(texts: Sequence[str], most: int) -> Iterator[tuple[int, int]]:
    """Ranges of texts that are held in memory together."""
    begin = characters = 0
    for index, text in enumerate(texts):
        if index > begin and (index - begin == most or characters + len(text) > _GROUP_CHARS):
            yield begin, index
            begin, characters = index, 0
        characters += len(text)
    if begin < len(texts):
        yield begin, len(texts)


def _batches(items: list[_Item], batch_size: int) -> Iterator[list[_Item]]:
    """Items of like length together; a batch is bounded in rows and, padding included, in tokens."""
    if len(items) <= 1:
        if items:
            yield items
        return
    batch: list[_Item] = []
    for item in sorted(items, key=lambda item: len(item[2].ids)):
        if batch and (len(batch) == batch_size or (len(batch) + 1) * len(item[2].ids) > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(item)
    yield batch
