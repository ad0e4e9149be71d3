"""The n-grams' op through ONNX Runtime against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.ops.graphs import run
from training.model.ngrams import Ngrams

RNG = np.random.default_rng(0)
LENGTHS = np.array([0, 1, 2, 3, 4, 5, 64, 66, 67, 98, 99, 100, 300], np.int64)
#: Few kinds of tokens in every other row, so that n-grams come again.
IDS = np.stack([RNG.integers(0, 5 if row % 2 else 48_000, 300) for row in range(len(LENGTHS))])


@pytest.mark.parametrize("buckets", [1, 1000, 1 << 20])
def test_native_and_plain_agree(buckets: int) -> None:
    table, scale = RNG.integers(-128, 128, buckets, dtype=np.int8), np.array([0.0123], np.float32)
    (found,) = run("Ngrams", [IDS, LENGTHS], [table, scale])
    plain = Ngrams(torch.from_numpy(table), float(scale[0]))
    wanted = plain(torch.from_numpy(IDS), torch.from_numpy(LENGTHS)).numpy()
    # Their sums are integers. PyTorch's square roots come from a vector library that is off by one unit on some processors.
    np.testing.assert_array_max_ulp(found, wanted, maxulp=2)
    assert (found[:3] == 0).all()
    assert found.shape == (len(LENGTHS), 1)


def test_wrong_inputs_are_refused() -> None:
    table, scale = np.ones(8, np.int8), np.ones(1, np.float32)
    for lengths in (LENGTHS - 1, LENGTHS + 1):
        with pytest.raises(Exception, match=r"lengths\[\d+\] is -?\d+, and ids has 300 tokens"):
            run("Ngrams", [IDS, lengths], [table, scale])
    for wrong in (-1, 1 << 31):
        ids = IDS.copy()
        ids[2, 7] = wrong
        with pytest.raises(Exception, match=rf"ids\[2, 7\] is {wrong}, no id of a token"):
            run("Ngrams", [ids, LENGTHS], [table, scale])
    with pytest.raises(Exception, match="table has 0 buckets"):
        run("Ngrams", [IDS, LENGTHS], [table[:0], scale])
    with pytest.raises(Exception, match="scale"):
        run("Ngrams", [IDS, LENGTHS], [table, np.ones(2, np.float32)])
