"""JSON documents read strictly, and what of them is text that a model may come to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Names and kinds, which an API reads and its model does not.
LABELS = frozenset(("role", "type", "id", "tool_call_id", "tool_use_id", "call_id", "mime_type", "media_type"))
# A name or label of so many characters, or with a space in it, is no mere name.
_PROSE = 32
# A picture, a sound or a film, and nothing else: the prefix alone would hide any text that is put behind it.
_MEDIA = re.compile(
    r"data:(?:image|audio|video)/[\w.+-]{1,40}(?:;(?:charset|codecs)=[\w.-]{1,20})?;base64,[A-Za-z0-9+/_-]*={0,2}",
    re.ASCII,
)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON (an ``object_pairs_hook``). One with a key twice two parsers may read in two ways."""
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def is_text(string: str) -> bool:
    return bool(string) and not _MEDIA.fullmatch(string)


def says_something(label: object) -> bool:
    """Whether a name, a kind or an id is long enough to be prose."""
    return isinstance(label, str) and (len(label) >= _PROSE or any(character.isspace() for character in label))


def strings_of(node: Any) -> Iterator[str]:
    """Every string in a message, in order, but media, and of names and labels those that say something."""
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            if is_text(node):
                yield node
        elif isinstance(node, list | tuple):
            pending += reversed(node)
        elif isinstance(node, Mapping):
            for key, value in reversed(list(node.items())):
                if key not in LABELS or not isinstance(value, str) or says_something(value):
                    pending.append(value)
                if says_something(key):
                    pending.append(key)
