"""What the judge asks of a detector: texts in, scores out.

Whatever is measured under `bench/` is reached through this one protocol, so that a table has the same meaning for the
bundled model, for a model folder of one's own and for any other detector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

import tinyguard
from tinyguard.network import Network

Scores = npt.NDArray[np.float64]


class Detector(Protocol):
    """A text is convicted where its score is at least `threshold`."""

    name: str
    threshold: float

    def scores(self, texts: Sequence[str]) -> Scores:
        """float64[n] in [0, 1]: how much each text looks like an attack, in the order of the texts."""
        ...


#: Router thresholds that send every window one way; the router's probabilities lie in [0, 1].
ROUTES = {"fast": -1.0, "deep": 2.0}
OPERATORS = ("native", "standard")


class TinyGuardDetector:
    """A guard of this package: the bundled model, or the folder `model`.

    route      `fast`: every window is answered by the fast branch; `deep`: every one is read by the deep branch;
               "": as the router decides
    operators  `native` (the package's own) or `standard` (ONNX Runtime's); "": as the guard chooses

    Thresholds and calibration are those of the folder in every case. Raises ValueError for other values.
    """

    def __init__(
        self,
        model: str | None = None,
        policy: str = "balanced",
        threads: int = 1,
        *,
        route: str = "",
        operators: str = "",
    ) -> None:
        for value, known in ((route, ROUTES), (operators, OPERATORS)):
            if value and value not in known:
                raise ValueError(f"{value!r} is none of {', '.join(known)}")
        self.guard = tinyguard.Guard(model=model, policy=policy, threads=threads)
        runtime = self.guard._runtime
        if operators and (operators == "native") != runtime.network.native:
            runtime.network = Network(runtime.folder, native=operators == "native")
        if route:
            runtime.network.router_threshold = ROUTES[route]
        self.options = {name: value for name, value in (("route", route), ("operators", operators)) if value}
        self.name = f"tinyguard {runtime.folder.version}{suffix(self.options)}"
        self.threshold = self.guard.policy.threshold

    def scores(self, texts: Sequence[str]) -> Scores:
        return np.array([verdict.score for verdict in self.guard.classify_batch(texts)], np.float64)


def suffix(options: Mapping[str, str]) -> str:
    """What a detector's name says of its options."""
    return "".join(f", {name}={value}" for name, value in options.items())


def folder_and_options(argument: str) -> tuple[str | None, dict[str, str]]:
    """`FOLDER,route=deep,operators=standard` → the folder (None for the bundled one) and the options."""
    parts = argument.split(",")
    first = next((n for n, part in enumerate(parts) if part.partition("=")[0] in ("route", "operators")), len(parts))
    options = {}
    for part in parts[first:]:
        name, separator, value = part.partition("=")
        if not separator or name not in ("route", "operators"):
            raise ValueError(f"{part!r} is not route=… or operators=…")
        options[name] = value
    return ",".join(parts[:first]) or None, options
