"""A model with the fast branch that a run has trained further, and its own deep branch as it was.

    python -m training.deploy.renew_fast MODEL.pt RUN/last.pt OUT.pt --share 0.5

MODEL is the checkpoint that the run's fast branch began from (`training.deploy.restore`), and its deep branch reads the
text itself, so that it does not hear the fast one change. The trunk is averaged between the run's beginning and its
end, as in `training.deploy.blend`; the router stays, for it knows only what the fast branch says of itself. N-grams are
to be fitted anew, and so is the locator of a run without one.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import torch
from torch import Tensor

from training.deploy.blend import blend
from training.loop import checkpoint
from training.loop.options import RunOptions, fill, plain

#: The run's share of the trunk.
SHARE = 0.5


def renew(model: dict[str, Tensor], run: dict[str, Tensor], share: float = SHARE) -> dict[str, Tensor]:
    """The weights of `model` with those of the run's fast branch, which may have learned a locator; ValueError for a
    run that has more than that."""
    if unknown := sorted(name for name in set(run) - set(model) if not name.startswith("fast_locator.")):
        raise ValueError(f"the run has parts that the model does not have: {', '.join(unknown[:3])}")
    if any(name.startswith("deep_") for name in run):
        raise ValueError("the run has a deep branch of its own")
    return {name: value.clone() for name, value in model.items()} | blend(run, model, share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=SHARE, help="of the run's trunk (default: %(default)s)")
    args = parser.parse_args()
    model, run = (checkpoint.load(path) for path in (args.model, args.run))
    average = renew(model["average"], run["average"], args.share)
    options: RunOptions = fill(RunOptions, model["options"])
    shape = dataclasses.replace(options.model, fast_locator="fast_locator.loudness" in average)
    torch.save(
        {"average": average, "options": plain(dataclasses.replace(options, model=shape)), "step": run["step"]}, args.out
    )


if __name__ == "__main__":
    main()
