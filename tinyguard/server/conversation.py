"""The texts of a request to a language model, whatever the API: what a gateway forwards, taken apart.

A message (an object with ``role`` and a ``content`` or ``parts``) is one text of its role. All other strings of the
document are one more text of the user's, so that an unknown shape is still read whole.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from tinyguard.document import is_text, strings_of
from tinyguard.server.answers import parse_json
from tinyguard.server.errors import ServiceError, bad_request

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
                pending += [
                    (value, "system" if key in _OPERATOR else role) for key, value in reversed(list(node.items()))
                ]


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


def body_turns(body: bytes, content_type: str, content_encoding: str = "") -> list[Turn]:
    """The texts of a forwarded body. JSON is taken apart, a form by its fields, anything else is one text."""
    if content_encoding.strip().lower() not in ("", "identity"):
        raise ServiceError(415, "unsupported_encoding", "a compressed body is not read")
    if not body:
        return []
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json") or (not kind and body[:1] in b"{["):
        return turns(parse_json(body))
    if kind == "application/x-www-form-urlencoded":
        return query_turns(body.decode("utf-8", "surrogateescape"))
    return [Turn("user", body.decode("utf-8", "surrogateescape"), None)]


def query_turns(query: str) -> list[Turn]:
    """The values of a query or a form, as one text."""
    try:
        values = [value for _, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape") if value]
    except ValueError:
        raise bad_request("not a query that can be read") from None
    return [Turn("user", "\n".join(values), None)] if values else []
