"""One model out of two: the fast branch of one, and all of the other as a deep branch that reads the text itself.

    python -m training.deploy.combine FAST.pt DEEP.pt OUT.pt --fast-share 0.5

Two networks that were begun apart know different things, and their mean is worth more than either (Lakshminarayanan et
al. 2017, "Simple and scalable predictive uncertainty estimation using deep ensembles"). The first one's router says
which texts the second is asked about, and n-grams and locator fitted beside its fast branch stay right. Figures:
training/LOG.md, section 15.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

import torch
from torch import Tensor

from training.loop import checkpoint
from training.loop.options import RunOptions, fill, plain
from training.model.router import NEVER

#: What the first model gives.
FAST = ("embedding.", "fast_", "patterns.", "confidence.", "router.")
#: Share of the fast branch's logits where both are heard.
SHARE = 0.5


def combine(
    fast: dict[str, Tensor], deep: dict[str, Tensor], fast_layers: int, share: float = SHARE
) -> dict[str, Tensor]:
    """The combined model's weights; `fast_layers` of the second model stand under its deep ones."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"share {share} is not between 0 and 1")
    found = {name: value.clone() for name, value in fast.items() if name.startswith(FAST)}
    for name, value in deep.items():
        part, _, rest = name.partition(".")
        if part == "embedding":
            found[f"deep_embedding.{rest}"] = value.clone()
        elif part == "fast_layers":
            found[f"deep_layers.{rest}"] = value.clone()
        elif part == "deep_layers":
            index, _, inner = rest.partition(".")
            found[f"deep_layers.{int(index) + fast_layers}.{inner}"] = value.clone()
        elif part in ("deep_pooling", "deep_heads", "deep_locator"):
            found[name] = value.clone()
    found["fusion.gate.weight"] = torch.zeros_like(fast["fusion.gate.weight"])
    found["fusion.gate.bias"] = torch.full_like(fast["fusion.gate.bias"], math.log(share / (1.0 - share)))
    found["router.routes.weight"][1] = 0.0
    found["router.routes.bias"][1] = NEVER
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fast", type=Path)
    parser.add_argument("deep", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fast-share", type=float, default=SHARE, help="where both are heard (default: %(default)s)")
    args = parser.parse_args()
    fast, deep = (checkpoint.load(path) for path in (args.fast, args.deep))
    options: RunOptions = fill(RunOptions, fast["options"])
    theirs: RunOptions = fill(RunOptions, deep["options"])
    model = dataclasses.replace(
        options.model,
        separate_deep=True,
        deep_layers=theirs.model.fast_layers + theirs.model.deep_layers,
        deep_locator=theirs.model.deep_locator,
    )
    average = combine(fast["average"], deep["average"], theirs.model.fast_layers, args.fast_share)
    torch.save(
        {"average": average, "options": plain(dataclasses.replace(options, model=model)), "step": deep["step"]},
        args.out,
    )


if __name__ == "__main__":
    main()
