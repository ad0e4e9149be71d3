"""Which run of a text's tokens lies in the attack, or that none does: the locator's cross-entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from training.model.locator import RUN


def run_loss(said: Tensor, there: Tensor, attack: Tensor) -> Tensor:
    """[B]: −log of the share that the right runs have of exp(said), against all runs and a "none" of log-odds 0.

    said    float [B, T - 1], there bool [B, T - 1], as `Locator.runs` gives them
    attack  bool [B, T], tokens of an attack, the first special token counted. A run is right if it lies in the attack,
            or holds most of one that is shorter; where there is no right run, "none" is
    """
    said = said.float()
    tokens = F.pad(attack[:, 1:].float(), (0, RUN - 1))
    held = F.avg_pool1d(tokens.unsqueeze(1), RUN, 1).squeeze(1) * RUN
    length = attack.sum(1, keepdim=True)
    right = there & (held >= 0.75 * length.clamp(min=1, max=RUN))
    said = torch.where(there, said, -torch.inf)
    nothing = torch.zeros_like(said[:, 0])
    of_right = torch.where(right, said, -torch.inf).logsumexp(1)
    wanted = torch.where(right.any(1), of_right, nothing)
    return torch.cat([said, nothing.unsqueeze(1)], 1).logsumexp(1) - wanted
