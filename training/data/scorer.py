"""Class probabilities of rows by a trained model: a model folder, through the guard, or a checkpoint of the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.data.mixture import MAX_CHARS, features
from training.data.rows import Row, plain_text

#: Rows → float64 [n, C], column 0 benign: two columns from a guard, the model's four classes from a checkpoint.
Scorer = Callable[[Sequence[Row]], np.ndarray]
#: Windows of a text that a checkpoint is asked about, and the tokens that two neighbours share.
WINDOWS, OVERLAP = 4, 64


def cut(tokenizer: Tokenizer, rows: Sequence[Row], size: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Arrays `tokens`, `ends`, `features` of the rows' windows of `size` tokens, and int64 [windows] whose they are."""
    texts = [plain_text(row["text"])[:MAX_CHARS] for row in rows]
    tokens, known, owner = [], [], []
    for index, encoding in enumerate(tokenizer.encode_batch_fast(texts, add_special_tokens=False)):
        found = features(rows[index])
        starts = range(0, max(1, len(encoding.ids) - OVERLAP), size - OVERLAP)
        for start in starts[:WINDOWS]:
            # A text without a token is still read: as an unknown piece.
            tokens.append(np.array(encoding.ids[start : start + size] or [3], np.uint16))
            known.append(found)
            owner.append(index)
    arrays = {
        "tokens": np.concatenate(tokens),
        "ends": np.cumsum([len(t) for t in tokens]),
        "features": np.stack(known),
    }
    return arrays, np.array(owner)


def checkpoint_scorer(path: Path, tokenizer: Path, length: int = 256) -> Scorer:
    """The averaged weights of a checkpoint; a text counts by that window of it which is the least benign."""
    from training.loop.checkpoint import load_model
    from training.loop.validate import probabilities

    model, _ = load_model(path)
    pieces = Tokenizer.from_file(str(tokenizer))

    def score(rows: Sequence[Row]) -> np.ndarray:
        arrays, owner = cut(pieces, rows, length - 2)
        found = probabilities(model, arrays, length)["classes"]
        worst = np.lexsort((found[:, 0], owner))
        return found[worst[np.searchsorted(owner[worst], np.arange(len(rows)))]]

    return score


def guard_scorer(folder: Path, threads: int = 1) -> Scorer:
    """The guard as it would answer: normalization, recovered views and calibration are part of the score."""
    from tinyguard import Guard

    guard = Guard(model=folder, threads=threads)

    def score(rows: Sequence[Row]) -> np.ndarray:
        attack = np.array([verdict.score for verdict in guard.classify_batch([row["text"] for row in rows])])
        return np.stack([1.0 - attack, attack], axis=1)

    return score


def load_scorer(model: Path, tokenizer: Path | None = None, threads: int = 1) -> Scorer:
    """The scorer of a folder with `model.json`, or of a checkpoint, which needs its tokenizer."""
    if model.is_dir():
        return guard_scorer(model, threads)
    if tokenizer is None:
        raise ValueError(f"{model}: a checkpoint needs its --tokenizer")
    import torch

    torch.set_num_threads(threads)
    return checkpoint_scorer(model, tokenizer)


def tokenizer_of(model: Path, tokenizer: Path | None) -> Path:
    """The tokenizer file that a model goes with."""
    if tokenizer is not None:
        return tokenizer
    if model.is_dir():
        return model / "tokenizer.json"
    raise ValueError(f"{model}: a checkpoint needs its --tokenizer")


def checkpoint_states(path: Path, tokenizer: Path | None, rows: Sequence[Row], length: int = 256) -> np.ndarray:
    """float32 [n, D]: mean over its tokens of the last layer's states of each row's first window."""
    import torch

    from training.loop.checkpoint import load_model
    from training.loop.sampler import PAD
    from training.loop.validate import windows

    model, _ = load_model(path)
    arrays, owner = cut(Tokenizer.from_file(str(tokenizer_of(path, tokenizer))), rows, length - 2)
    states = np.zeros((len(owner), model.config.width), np.float32)
    kept: list[torch.Tensor] = []
    last = (model.deep_layers if model.config.deep_branch else model.fast_layers)[-1]
    handle = last.register_forward_hook(lambda _module, _given, out: kept.append(out[0]))
    with torch.no_grad():
        for chosen, ids in windows(arrays, length, 4096):
            features = torch.from_numpy(arrays["features"][chosen]) if model.config.detectors else None
            model(ids, ids != PAD, features)
            mask = (ids != PAD).unsqueeze(-1)
            states[chosen] = ((kept.pop() * mask).sum(1) / mask.sum(1)).numpy()
    handle.remove()
    return states[np.searchsorted(owner, np.arange(len(rows)))]
