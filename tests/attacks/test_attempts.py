"""Every abuse attempt at a small share of its size: the answer and the work are those that it must get.

Time and memory at full size are in attacks/README.md; `python -m attacks` takes them.
"""

from __future__ import annotations

import pytest

from attacks.__main__ import ATTEMPTS
from attacks.attempt import Attempt

# Of the full size; what is a thousandth of 100 MB would be nothing of 20 threads.
SHARES = {
    "one character, 10 MB": 0.0003,
    "one space, 10 MB": 0.0003,
    "a JSON line of 100 MB": 0.01,
    "64 threads while the guard is reloaded": 0.02,
    "clients that hang up": 0.01,
    "model files cut at any byte": 0.1,
    "JSON lines cut at any byte": 0.01,
}
SMALL = 0.002


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_attempt(attempt: Attempt) -> None:
    assert attempt.run(SHARES.get(attempt.name, SMALL))


def test_names_are_unique() -> None:
    assert len({attempt.name for attempt in ATTEMPTS}) == len(ATTEMPTS)
