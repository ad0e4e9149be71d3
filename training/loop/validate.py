"""A model on rows that it does not learn from: by class, calibrated or not, and which way the router sends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tinyguard.evaluate import auc, calibration_error, detection_at
from training.loop.batching import of_like_length
from training.loop.sampler import CLS, PAD, SEP, Arrays
from training.model.config import CLASSES
from training.model.dual import DualBranch

BINS = 15


def windows(data: Arrays, limit: int, batch_tokens: int) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Every row's first `limit` tokens, rows of like length together: row numbers [B], ids int64 [B, T]."""
    starts = np.concatenate([[0], data["ends"][:-1]])
    lengths = np.minimum(data["ends"] - starts, limit - 2)
    for rows in of_like_length(lengths + 2, batch_tokens):
        ids = np.full((len(rows), int(lengths[rows].max()) + 2), PAD, np.int64)
        for i, row in enumerate(rows):
            tokens = data["tokens"][starts[row] : starts[row] + lengths[row]]
            ids[i, : len(tokens) + 2] = [CLS, *tokens, SEP]
        yield rows, torch.from_numpy(ids)


@torch.no_grad()
def probabilities(model: DualBranch, data: Arrays, limit: int = 256, batch_tokens: int = 4096) -> dict[str, np.ndarray]:
    """float64 `classes` [n, 4] of the fused answer, `fast` of the fast branch (or the same), `stay` [n]: P(fast)."""
    model.eval()
    device = next(model.parameters()).device
    n = len(data["ends"])
    fused, fast, stay = np.zeros((n, len(CLASSES))), np.zeros((n, len(CLASSES))), np.zeros(n)
    for rows, ids in windows(data, limit, batch_tokens):
        ids = ids.to(device)
        features = torch.from_numpy(data["features"][rows]).to(device) if model.config.detectors else None
        out = model(ids, ids != PAD, features)
        fused[rows] = out.fused.classes.double().softmax(-1).cpu()
        quick = out.fast.answer.classes if out.fast.answer is not None else out.fused.classes
        fast[rows] = quick.double().softmax(-1).cpu()
        if out.fast.routes is not None:
            stay[rows] = out.fast.routes.double().softmax(-1)[:, 0].cpu()
    return {"classes": fused, "fast": fast, "stay": stay}


def figures(p: dict[str, np.ndarray], data: Arrays, threshold: float) -> dict[str, Any]:
    """Accuracy, macro F1, the attack classes together as one score, routing share, confusion and reliability."""
    labels, guess = data["class"], p["classes"].argmax(1)
    truth, score, quick = labels > 0, 1.0 - p["classes"][:, 0], 1.0 - p["fast"][:, 0]
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(confusion, (labels, guess), 1)
    hit, said, meant = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    f1 = 2 * hit / np.maximum(1, said + meant)
    index = np.minimum((score * BINS).astype(int), BINS - 1)
    traffic = data["traffic"]
    result: dict[str, Any] = {
        "accuracy": float((labels == guess).mean()),
        "macro_f1": float(f1[meant > 0].mean()),
        "detection": float((score[truth] >= 0.5).mean()) if truth.any() else None,
        "false_positives": float((score[~truth] >= 0.5).mean()) if (~truth).any() else None,
        "auc": auc(score, truth),
        "auc_fast": auc(quick, truth),
        "detection_at_1pct": detection_at(score, truth, 0.01),
        "ece": calibration_error(score, truth),
        "fast_share": float((p["stay"] >= threshold).mean()),
        "fast_share_traffic": float((p["stay"][traffic] >= threshold).mean()) if traffic.any() else None,
        "confusion": confusion.tolist(),
        "reliability": [
            [int((index == b).sum()), float(score[index == b].mean()), float(truth[index == b].mean())]
            for b in range(BINS)
            if (index == b).any()
        ],
    }
    return result
