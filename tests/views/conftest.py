"""The detectors read their language tables once for the whole run."""

import pytest

from tinyguard import native


@pytest.fixture(scope="session", autouse=True)
def language() -> None:
    native.load()
