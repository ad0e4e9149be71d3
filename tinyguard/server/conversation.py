"""The texts of a request to a language model, whatever the API: what a gateway forwards, taken apart.

A message (an object with ``role`` and a ``content`` or ``parts``) is one text of its role. All other strings of the
document are one more text of the user's, so that an unknown shape is still read whole.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from tinyguard.document import is_text, says_something, strings_of

# The role of a conversation that each role of an API is. What is not here is read as the user's.
ROLES = {"system": "system", "developer": "system", "assistant": "assistant", "model": "assistant", "tool": "tool",
         "function": "tool", "ipython": "tool"}  # fmt: skip
# The role that a text of a conversation is judged as: the assistant's words are neither the user's nor the operator's.
JUDGED_AS = {"user": "user", "tool": "tool", "system": "system", "assistant": "document"}
# Fields of a request that hold the operator's prompt.
_OPERATOR = frozenset(("system", "instructions", "system_instruction", "systemInstruction"))


class Turn(NamedTuple):
    """One text of a conversation; ``role`` is a key of JUDGED_AS, ``number`` its message's number or None."""

    role: str
    text: str
    number: int | None


def turns(document: Any) -> list[Turn]:
    """The messages in order, then what is left over."""
    found: list[Turn] = []
    rest: dict[str, list[str]] = {"user": [], "system": []}
    _walk(document, "user", found, rest)
    return found + [Turn(role, "\n".join(parts), None) for role, parts in rest.items() if parts]


def read(found: list[Turn], roles: Collection[str]) -> list[Turn]:
    """The turns of these roles; and the last message whoever's it is, for it is what is being checked."""
    last = max((turn.number for turn in found if turn.number is not None), default=None)
    return [turn for turn in found if turn.role in roles or (turn.number is not None and turn.number == last)]


def _walk(node: Any, role: str, found: list[Turn], rest: dict[str, list[str]]) -> None:
    # A list of work instead of recursion: the parser bounds the nesting, but above Python's own bound.
    pending: list[tuple[Any, str]] = [(node, role)]
    while pending:
        node, role = pending.pop()
        if isinstance(node, str):
            if is_text(node):
                rest[role].append(node)
        elif isinstance(node, list):
            pending += [(item, role) for item in reversed(node)]
        elif isinstance(node, dict):
            if is_message(node):
                found.append(Turn(message_role(node), "\n".join(strings_of(node)), len(found)))
            else:
                for key, value in reversed(list(node.items())):
                    pending.append((value, "system" if key in _OPERATOR else role))
                    if says_something(key):
                        pending.append((key, role))


def is_message(node: dict[str, Any]) -> bool:
    return isinstance(node.get("role"), str) and bool({"content", "parts", "tool_calls"} & node.keys())


def message_role(node: dict[str, Any]) -> str:
    role = ROLES.get(str(node.get("role")).lower(), "user")
    return "tool" if role == "user" and _only_tool_results(node.get("content")) else role


def _only_tool_results(content: Any) -> bool:
    """Whether a user's message only brings what a tool answered (Anthropic's shape)."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(part, dict) and part.get("type") == "tool_result" for part in content)
    )
