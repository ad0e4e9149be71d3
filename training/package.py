"""Put a checkpoint into the form that the package ships: graphs, weights, tokenizer, `model.json` with their hashes.

Thresholds and calibration are provisional here; `training.calibrate` measures them through the installed guard.

    python -m training.package RUN/last.pt TOKENIZER.json tinyguard/weights --ngrams NGRAMS.npz --locator LOCATOR.npz \
        --version VERSION
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.deploy.export import DEEP, FAST, PLAIN_DEEP, PLAIN_FAST, WEIGHTS, export
from training.loop.checkpoint import load_model
from training.model.config import CLASSES
from training.model.locator import RUN, Locator
from training.model.ngrams import Ngrams

FILES = (FAST, DEEP, PLAIN_FAST, PLAIN_DEEP, WEIGHTS, "tokenizer.json")
MAX_TOKENS = 256
#: What is known of the model before it is measured; `bench.report.card` adds the figures.
CARD = {
    "task": "prompt injection and jailbreak detection, one text at a time",
    "base": "multilingual-e5-small (MIT), vocabulary pruned",
    "licence": "Apache-2.0",
}


def manifest(
    folder: Path, name: str, version: str, router_threshold: float, run_tokens: int, deep_reads: str = "hidden"
) -> dict[str, Any]:
    """The content of `model.json` for the files in `folder`."""
    return {
        "format": 2,
        "name": name,
        "version": version,
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "classes": list(CLASSES),
        "max_tokens": MAX_TOKENS,
        "window_overlap": 64,
        "run_tokens": run_tokens,
        "deep_reads": deep_reads,
        "batch_invariant": True,
        "router_threshold": router_threshold,
        "calibration": {branch: {"temperature": 1.0, "benign_bias": 0.0} for branch in ("fast", "deep")},
        "thresholds": {"strict": 0.3, "balanced": 0.5, "permissive": 0.8},
        "threshold_budgets": {},
        "files": {
            file: {
                "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
                "bytes": (folder / file).stat().st_size,
            }
            for file in FILES
        },
        "card": CARD,
    }


def read_ngrams(path: Path) -> Ngrams:
    """What `training.ngrams` wrote."""
    found = np.load(path)
    return Ngrams(torch.from_numpy(found["table"]), float(found["scale"]))


def read_locator(path: Path) -> Locator:
    """What `training.locate` wrote."""
    found = {name: torch.from_numpy(value) for name, value in np.load(path).items()}
    inner, width = found["inner.weight"].shape
    locator = Locator(width, inner)
    locator.load_state_dict(found)
    return locator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--ngrams", type=Path, help="what training.ngrams wrote; without it the network speaks alone")
    parser.add_argument("--locator", type=Path, help="what training.locate wrote, for a model without its own")
    parser.add_argument(
        "--learned-router", action="store_true", help="route as the model learned to, not by the fast branch's answer"
    )
    parser.add_argument("--name", default="tinyguard-dual")
    parser.add_argument("--version", default="6")
    args = parser.parse_args()
    model, _ = load_model(args.checkpoint)
    if model.router is not None and not args.learned_router:
        model.router.follow_answer()
    ngrams = read_ngrams(args.ngrams) if args.ngrams else None
    locator = read_locator(args.locator) if args.locator else None
    export(model, args.out, MAX_TOKENS, ngrams, locator)
    shutil.copyfile(args.tokenizer, args.out / "tokenizer.json")
    assert model.router is not None  # `export` would have refused
    reads = "hidden" if model.deep_embedding is None else "ids"
    run_tokens = RUN if locator is not None or model.fast_locator is not None else 0
    fields = manifest(args.out, args.name, args.version, float(model.router.threshold), run_tokens, reads)
    (args.out / "model.json").write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    total = sum(entry["bytes"] for entry in fields["files"].values())
    print(f"{args.out}: {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
