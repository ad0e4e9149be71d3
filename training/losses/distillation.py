"""Learning from a teacher's probabilities as well as from labels (Hinton, Vinyals and Dean 2015, "Distilling the
knowledge in a neural network")."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from training.losses.reduction import Reduction, reduce


def distillation(
    logits: Tensor,
    teacher: Tensor,
    temperature: float = 2.0,
    weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """T² · KL(teacher‖logits) at temperature T, in float32.

    logits   float [N, C]
    teacher  float [N, C], logits or log-probabilities of the teacher; gets no gradient
    """
    wanted = F.log_softmax(teacher.detach().float() / temperature, dim=-1)
    said = F.log_softmax(logits.float() / temperature, dim=-1)
    values = temperature**2 * (wanted.exp() * (wanted - said)).sum(-1)
    return reduce(values, weight, reduction)
