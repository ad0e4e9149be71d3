"""The reader of JSON lines: a case for every line, in order, with a text or with a reason."""

from __future__ import annotations

import io

from tinyguard.cli.jsonl import groups, read_cases
from tinyguard.policy import ROLES

_LIMIT = 200


def jsonl(data: bytes) -> None:
    cases = list(read_cases(io.BytesIO(data), limit=_LIMIT))
    lines = data.split(b"\n")
    expected = len(lines) - (not lines[-1])
    assert [case.line for case in cases] == list(range(1, expected + 1))
    assert sum(case.size for case in cases) == len(data)
    for case in cases:
        assert isinstance(case.text, str)
        assert case.role in ROLES
        assert case.error is None or not case.text
        # What is wrong is said without the text itself.
        assert case.error is None or case.error.isascii()
    grouped = list(groups(iter(cases), 3, 50))
    assert [case for group in grouped for case in group] == cases
    assert all(0 < len(group) <= 3 for group in grouped)
