"""N-grams of tokens: what is counted, and how their weights are fitted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinyguard.evaluate import auc
from training.model.ngrams import FACTORS, RUN, STEP, Ngrams, bucket
from training.ngrams import AROUND, READ, WINDOW, candidates, counted, fit, loudest, quantized, window_starts

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
    """What the model is to say of a run of tokens."""
    found, table = distinct(tokens), model().table
    return 0.01 * sum(int(table[n]) for n in found) / max(1, len(found)) ** 0.5


def heard(tokens: list[int]) -> float:
    """What the model is to say of a text."""
    begins = [at for at in range(0, len(tokens), STEP) if at == 0 or at - STEP + RUN < len(tokens)]
    return max((said(tokens[at : at + RUN]) for at in begins), default=0.0)


@pytest.mark.parametrize("tokens", [[], [7], [7, 9], [7, 9, 7, 9, 7, 9], list(range(4, 60)), [5] * 40], ids=len)
def test_every_distinct_n_gram_counts_once(tokens: list[int]) -> None:
    ids = torch.tensor([[0, *tokens, 2]])
    assert float(model()(ids, torch.tensor([ids.shape[1]]))) == pytest.approx(said(tokens), abs=1e-6)


@pytest.mark.parametrize("count", [RUN, RUN + 1, RUN + STEP, RUN + STEP + 1, 254])
def test_the_loudest_run_of_a_longer_text_counts(count: int) -> None:
    for seed in range(20):
        tokens = np.random.default_rng(seed).integers(4, 2000, count).tolist()
        z = float(model()(torch.tensor([[0, *tokens, 2]]), torch.tensor([count + 2])))
        assert z == pytest.approx(heard(tokens), abs=1e-6)


def test_no_prose_hides_what_a_run_says() -> None:
    table = torch.full((SIZE,), -3, dtype=torch.int8)
    attack = list(range(4, 30))
    table[distinct(attack)] = 100
    texts = [attack, [*[40] * 100, *attack], [*attack, *[40] * 200], [*range(40, 140), *attack, *range(200, 300)]]
    ids, lengths = torch.ones(len(texts), 300, dtype=torch.int64), torch.tensor([len(text) + 2 for text in texts])
    for row, text in zip(ids, texts, strict=True):
        row[: len(text) + 2] = torch.tensor([0, *text, 2])
    alone, *padded = Ngrams(table, 0.01)(ids, lengths).squeeze(1).tolist()
    # Some run holds the attack whole, with 38 other tokens at most.
    assert min(padded) > 0.5 * alone > 0


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
    assert [float(z) for z in together] == pytest.approx([heard(text) for text in texts], abs=1e-6)


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


def test_runs_cover_a_row_s_beginning_or_its_focus() -> None:
    lengths = [0, RUN, RUN + 1, RUN + STEP, RUN + STEP + 1, 3 * READ, 900]
    data = {"ends": np.cumsum(lengths), "focus": np.array([[-1, -1]] * 6 + [[500, 530]])}
    row, begins, ends = candidates(data)
    starts = (data["ends"] - lengths)[row]
    found = [list(zip((begins - starts)[row == n], (ends - starts)[row == n], strict=True)) for n in range(7)]
    assert found[:5] == [
        [(0, 0)], [(0, RUN)], [(0, RUN), (STEP, RUN + 1)], [(0, RUN), (STEP, RUN + STEP)],
        [(0, RUN), (STEP, RUN + STEP), (2 * STEP, RUN + STEP + 1)],
    ]  # fmt: skip
    assert found[5] == [(at, at + RUN) for at in range(0, READ - RUN + 1, STEP)]
    assert found[6][0][0] == 500 - AROUND
    assert found[6][-1][1] == 530 + AROUND


def test_the_run_that_speaks_loudest_stands_for_its_row() -> None:
    weights = np.zeros(SIZE, np.float32)
    weights[distinct([7])] = 1.0
    plain = [40] * 300
    tokens = np.array([*plain, 7, *plain, *plain], np.uint16)
    data = {"tokens": tokens, "ends": np.array([601, 901]), "focus": np.full((2, 2), -1)}
    begins, ends = loudest(data, weights)
    assert begins[0] <= 300 < ends[0] <= begins[0] + RUN
    assert begins[1] == 601


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
