"""How the API reference reads this project's docstrings: a column of names with their meanings becomes a list.

threshold        scores from here on are threats
review, block    where those actions begin; derived from the threshold when None
                 (a meaning may go on below)
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ENTRY = re.compile(r"^(?P<name>[a-z][\w, ]*?)(?P<gap> {2,})(?P<meaning>\S.*)$")
_ONE_SPACE = re.compile(r"^(?P<name>[a-z]\w+) (?P<meaning>\S.*)$")


def as_lists(text: str) -> str:
    """The docstring in Markdown: aligned columns as lists, reStructuredText's ``::`` as a plain colon."""
    lines: list[str] = []
    column = 0
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if not entry and column and not line.startswith(" "):
            # The longest name of a column has one space after it.
            close = _ONE_SPACE.match(line)
            entry = close if close and len(close["name"]) + 1 == column else None
        if entry:
            if not column:
                lines.append("")
            column = len(line) - len(entry["meaning"])
            names = ", ".join(f"`{name.strip()}`" for name in entry["name"].split(","))
            lines.append(f"- {names}: {entry['meaning']}")
        elif column and line.startswith(" " * column):
            lines[-1] += f" {line.strip()}"
        else:
            column = 0
            lines.append(re.sub(r"::$", ":", line))
    return "\n".join(lines)


class AlignedColumns(griffe.Extension):
    """Rewrites every docstring of the package before it is rendered."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_lists(obj.docstring.value)
