"""From a word on the command line to a detector.

tinyguard                     the bundled model
tinyguard=FOLDER              a model folder
tinyguard=FOLDER,OPTION…      … with route=fast or route=deep for every text, operators=native or operators=standard
package.module:Name           anything that, called without arguments, gives a `bench.detector.Detector`
package.module:Name=ARGUMENT  … called with one string
"""

from __future__ import annotations

import importlib
from typing import Any

from bench.detector import Detector, TinyGuardDetector, folder_and_options


def load_detector(name: str) -> Detector:
    """The detector of this name. Raises ValueError where there is none."""
    target, _, argument = name.partition("=")
    if target == "tinyguard":
        folder, options = folder_and_options(argument)
        return TinyGuardDetector(folder, route=options.get("route", ""), operators=options.get("operators", ""))
    module_name, separator, attribute = target.partition(":")
    if not separator:
        raise ValueError(
            f"no detector {name!r}: expected tinyguard, tinyguard=FOLDER[,OPTION…] or package.module:Name[=ARGUMENT]"
        )
    try:
        make = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"no detector {name!r}: {error}") from None
    detector: Detector = make(argument) if argument else make()
    return detector


def describe(detector: Detector) -> dict[str, Any]:
    """Name, threshold and the sha256 of the model files, as far as the detector tells.

    A detector of one's own may have `about() -> dict`, whose fields are added as they are.
    """
    about: dict[str, Any] = {"name": detector.name, "threshold": float(detector.threshold)}
    if isinstance(detector, TinyGuardDetector):
        info = detector.guard.info()
        model = info["model"]
        about |= {key: model[key] for key in ("calibration", "router_threshold", "thresholds")}
        about |= {"operators": info["operators"], **detector.options}
        about["policy"] = detector.guard.policy.name
        about["model_sha256"] = {name: entry["sha256"] for name, entry in model["files"].items()}
    elif hasattr(detector, "about"):
        about |= detector.about()
    return about
