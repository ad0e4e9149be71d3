"""Targets in Python: a function of bytes each, which raises where a promise is broken."""

from collections.abc import Callable

from fuzz.python.jsonl import jsonl
from fuzz.python.model_json import model_json
from fuzz.python.policy_file import policy_file
from fuzz.python.service import service

TARGETS: dict[str, Callable[[bytes], None]] = {
    "jsonl": jsonl,
    "model_json": model_json,
    "policy_file": policy_file,
    "service": service,
}
