"""A policy file: ValueError, or a policy whose bands are in order."""

from __future__ import annotations

from fuzz.python.model_json import scratch
from tinyguard.policy import ROLES, Policy


def policy_file(data: bytes) -> None:
    path = scratch() / "policy.json"
    path.write_bytes(data)
    try:
        policy = Policy.from_file(path)
    except ValueError as error:
        assert str(path) in str(error)
        return
    for role in ROLES:
        bands = policy.bands(role)
        assert 0 < bands.threshold <= 1
        assert bands.uncertain <= bands.threshold
        assert bands.review <= bands.block
    assert Policy.from_dict(policy.to_dict()) == policy
