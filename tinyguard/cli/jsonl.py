"""Reading JSON lines of any length and quality in bounded memory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from tinyguard.policy import ROLES

MAX_LINE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """One line of input. ``error`` says why it cannot be scanned, without quoting it."""

    line: int
    size: int  # bytes, with the line's end
    text: str = ""
    role: str = "user"
    fields: dict[str, Any] | None = None
    error: str | None = None

    @property
    def id(self) -> Any:
        return self.fields.get("id") if self.fields else None

    @property
    def has_id(self) -> bool:
        return self.fields is not None and "id" in self.fields


def lines(file: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[tuple[bytes | None, int]]:
    """Lines without their end and their size; None for one that is longer than the limit, which is not held."""
    while chunk := file.readline(limit + 1):
        if len(chunk) <= limit or chunk.endswith(b"\n"):
            yield chunk.rstrip(b"\r\n"), len(chunk)
            continue
        size = len(chunk)
        while chunk := file.readline(1 << 20):
            size += len(chunk)
            if chunk.endswith(b"\n"):
                break
        yield None, size


def read_cases(file: BinaryIO, role: str = "user", limit: int = MAX_LINE_BYTES) -> Iterator[Case]:
    """One case for every line, malformed and empty ones included, so that line n of the output is about line n."""
    for number, (line, size) in enumerate(lines(file, limit), 1):
        if line is None:
            yield Case(number, size, error=f"line is longer than {limit} bytes")
        else:
            yield _parse(line, number, size, role)


class _NoNumber(ValueError):
    """NaN, Infinity, or a number that would become one of these: JSON has no way to write it out again."""


def _refuse(_: str) -> NoReturn:
    raise _NoNumber


def _finite(digits: str) -> float:
    return value if math.isfinite(value := float(digits)) else _refuse(digits)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _parse(line: bytes, number: int, size: int, role: str) -> Case:
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")
    if not line.strip():
        return Case(number, size, error="empty line")
    try:
        # Invalid UTF-8 becomes lone surrogates, which the guard scans.
        fields = _DECODER.decode(line.decode("utf-8", "surrogateescape"))
    except json.JSONDecodeError as error:
        return Case(number, size, error=f"not JSON: {error.msg} at character {error.pos}")
    except _NoNumber:
        return Case(number, size, error="not JSON that can be written: a number that is not finite")
    except (ValueError, RecursionError):
        return Case(number, size, error="not JSON that can be read: a number too long or nesting too deep")
    if not isinstance(fields, dict):
        return Case(number, size, error="not a JSON object")
    text, its_role = fields.pop("text", None), fields.get("role", role)
    if not isinstance(text, str):
        return Case(number, size, fields=fields, error="no string field 'text'")
    if its_role not in ROLES:
        return Case(number, size, fields=fields, error=f"role is not one of {', '.join(ROLES)}")
    return Case(number, size, text, its_role, fields)


def groups(cases: Iterator[Case], most_cases: int, most_characters: int) -> Iterator[list[Case]]:
    """Cases that are scanned together. The grouping depends on the input alone, never on where a run began."""
    group: list[Case] = []
    characters = 0
    for case in cases:
        if group and (len(group) == most_cases or characters + len(case.text) > most_characters):
            yield group
            group, characters = [], 0
        group.append(case)
        characters += len(case.text)
    if group:
        yield group
