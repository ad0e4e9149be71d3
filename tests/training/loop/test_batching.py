"""Batches of rows of like length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.loop.batching import of_like_length


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 900))
def test_every_row_once_and_no_batch_larger_than_asked(lengths: list[int], most: int) -> None:
    found = np.array(lengths, np.int64)
    batches = list(of_like_length(found, most))
    assert sorted(row for batch in batches for row in batch.tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * found[batch].max() <= most
    shown = [length for batch in batches for length in found[batch].tolist()]
    assert shown == sorted(lengths)


def test_a_batch_is_as_full_as_it_can_be() -> None:
    assert [batch.tolist() for batch in of_like_length(np.array([9, 2, 2, 3, 2]), 8)] == [[1, 2, 4], [3], [0]]
