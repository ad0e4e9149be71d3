"""The features that change with a text's case, which the model is kept from seeing.

The tokenizer folds case, so that a verdict does not hang on it; these would let it in again. They are 0 in the training
data, and their columns are 0 in the weights, where no gradient then reaches them.
"""

from __future__ import annotations

import numpy as np
import torch

from tinyguard import _core
from training.model.dual import DualBranch

CASED = ("uppercase", "entropy_bits", "entropy_window")
COLUMNS = np.array([list(_core.FEATURE_NAMES).index(name) for name in CASED])


@torch.no_grad()
def ignore_case(model: DualBranch) -> None:
    """Set the weights that read `CASED` to 0."""
    config = model.config
    if not config.detectors:
        return
    columns = torch.from_numpy(COLUMNS[config.features > COLUMNS])
    for embedding in (model.embedding, model.deep_embedding):
        if embedding is not None and embedding.detectors is not None:
            embedding.detectors.weight[:, columns] = 0.0
    if config.fast_branch and config.deep_branch and model.router is not None:
        width = model.router.hidden.weight.shape[1]
        model.router.hidden.weight[:, width - config.features + columns] = 0.0
