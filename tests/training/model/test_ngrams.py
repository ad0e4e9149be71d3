"""N-grams of tokens: what is counted, and how their weights are fitted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinyguard.evaluate import auc
from training.model.ngrams import FACTORS, Ngrams, bucket
from training.ngrams import WINDOW, counted, fit, quantized, window_starts

SIZE = 997


def distinct(tokens: list[int]) -> list[int]:
    """Buckets of every distinct n-gram, size by size."""
    found = []
    for size in range(1, len(FACTORS) + 1):
        runs = {tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)}
        found += sorted({int(bucket([np.array(token) for token in run], SIZE)) for run in runs})
    return found


def model() -> Ngrams:
    generator = torch.Generator().manual_seed(0)
    return Ngrams(torch.randint(-127, 128, (SIZE,), dtype=torch.int8, generator=generator), 0.01)


def said(tokens: list[int]) -> float:
    """What the model is to say of a text."""
    found, table = distinct(tokens), model().table
    return 0.01 * sum(int(table[n]) for n in found) / max(1, len(found)) ** 0.5


@pytest.mark.parametrize("tokens", [[], [7], [7, 9], [7, 9, 7, 9, 7, 9], list(range(4, 60)), [5] * 40], ids=len)
def test_every_distinct_n_gram_counts_once(tokens: list[int]) -> None:
    ids = torch.tensor([[0, *tokens, 2]])
    assert float(model()(ids, torch.tensor([ids.shape[1]]))) == pytest.approx(said(tokens), abs=1e-6)


def test_a_text_s_result_hangs_on_nothing_beside_it() -> None:
    rng = np.random.default_rng(0)
    texts = [rng.integers(4, 90, n).tolist() for n in (3, 61, 0, 17)]
    ids = torch.ones(len(texts), 63, dtype=torch.int64)
    lengths = torch.tensor([len(text) + 2 for text in texts])
    for row, text in zip(ids, texts, strict=True):
        row[: len(text) + 2] = torch.tensor([0, *text, 2])
    together = model()(ids, lengths)
    alone = [model()(row[None, :n], n[None]) for row, n in zip(ids, lengths, strict=True)]
    assert torch.equal(together, torch.cat(alone))
    assert [float(z) for z in together] == pytest.approx([said(text) for text in texts], abs=1e-6)


def test_the_fit_counts_as_the_model_does() -> None:
    texts = [[7, 9, 7, 9], [4], [], list(range(4, 30))]
    ends = np.cumsum([len(text) for text in texts])
    tokens = np.array([token for text in texts for token in text], np.uint16)
    found = counted(tokens, np.concatenate([[0], ends[:-1]]), ends, SIZE)
    assert found.shape == (4, SIZE)
    for row, text in zip(found, texts, strict=True):
        wanted = np.bincount(distinct(text), minlength=SIZE) / max(1, len(distinct(text))) ** 0.5
        np.testing.assert_allclose(row.toarray()[0], wanted, rtol=1e-6)


def test_of_a_long_row_the_window_around_its_focus_counts() -> None:
    data = {"ends": np.array([1000, 2000, 2010]), "focus": np.array([[-1, -1], [900, 910], [2, 4]])}
    assert window_starts(data).tolist() == [0, 2000 - WINDOW, 2000]


def test_telling_pairs_are_found_where_single_tokens_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 2, 4000)
    texts = [[*((10, 11) if label else (11, 10)), *rng.permutation(np.arange(12, 40))] for label in classes]
    data = {
        "tokens": np.array(texts, np.uint16).ravel(), "ends": np.arange(1, 4001) * 30, "weight": np.ones(4000),
        "focus": np.full((4000, 2), -1), "class": classes,
    }  # fmt: skip
    weights = fit(data, 1 << 16)
    pair, back = (weights[bucket([np.array(a), np.array(b)], 1 << 16)] for a, b in ((10, 11), (11, 10)))
    assert pair > 0 > back
    table, scale = quantized(weights, clip=float(np.abs(weights).max()), share=1.0)
    ids = torch.tensor([[0, *text, 2] for text in texts])
    verdict = Ngrams(torch.from_numpy(table), float(scale))(ids, torch.full((4000,), 32)).squeeze(1)
    assert auc(verdict.numpy(), classes > 0) > 0.99


def test_weights_are_clipped_and_scaled() -> None:
    table, scale = quantized(np.array([-50.0, -10.0, 0.04, 5.0, 12.0], np.float32), clip=10.0, share=0.5)
    assert table.dtype == np.int8
    assert table.tolist() == [-127, -127, 1, 64, 127]
    assert 127 * float(scale) == pytest.approx(5.0)
