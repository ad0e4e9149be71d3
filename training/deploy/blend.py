"""Between a run's beginning and its end: the trunk's weights averaged with the start's, both branches in fixed shares.

A fine-tuned encoder half-way back to its start keeps most of what it learned and is less sure of itself on text unlike
its training data (WiSE-FT, Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). The same holds for the
fusion: its learned gate trusts the deep branch, which has fitted the training rows best; a fixed share of both does
better elsewhere, so a text that the router sends on always gets both. Figures: training/LOG.md, sections 4 and 10.

    python -m training.deploy.blend RUN/last.pt BASE OUT.pt --share 0.5
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor

from training.loop import checkpoint
from training.loop.options import RunOptions, fill
from training.model.dual import DualBranch
from training.model.initialize import initialize
from training.model.router import NEVER

TRUNK = ("fast_layers.", "deep_layers.", "embedding.tokens.", "embedding.positions.", "embedding.norm.")
#: Share of the fast branch's logits where both are heard.
FAST_SHARE = 0.6


def blend(end: dict[str, Tensor], start: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`share` of the run's trunk and the rest of the start's; what the base did not have stays as the run left it."""
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share {share} is not in [0, 1]")
    mixed = {
        name: torch.lerp(start[name], value, share) if name.startswith(TRUNK) else value.clone()
        for name, value in end.items()
    }
    if "fusion.gate.weight" in mixed:
        mixed["fusion.gate.weight"].zero_()
        mixed["fusion.gate.bias"].fill_(math.log(FAST_SHARE / (1.0 - FAST_SHARE)))
    if "router.routes.weight" in mixed:
        mixed["router.routes.weight"][1] = 0.0
        mixed["router.routes.bias"][1] = NEVER
    return mixed


def start_of(base: Path, options: RunOptions) -> dict[str, Tensor]:
    """The weights that a run with these options began from."""
    if base.is_file():
        found: dict[str, Tensor] = checkpoint.load(base)["average"]
        return found
    model = DualBranch(options.model)
    initialize(model, base, options.seed)
    return model.state_dict()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("base", type=Path, help="folder or checkpoint that the run began from")
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the run's end in the mean (default: %(default)s)")
    args = parser.parse_args()
    state = checkpoint.load(args.checkpoint)
    average = blend(state["average"], start_of(args.base, fill(RunOptions, state["options"])), args.share)
    torch.save({"average": average, "options": state["options"], "step": state["step"]}, args.out)


if __name__ == "__main__":
    main()
