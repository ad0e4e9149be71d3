"""What the adapters share: one guard for the process, the decision to stop a text, and the texts of a message.

Every adapter makes a `Checker` and asks it. An error inside the guard is a verdict that stops the text (``route``
``error``), so each adapter's fail-closed path is the path that an attack takes. Nothing here logs or quotes a text.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from tinyguard.document import strings_of
from tinyguard.guard import Guard
from tinyguard.judge import DETECTORS
from tinyguard.verdict import ACTION_CODES, Verdict, encode_bits

logger = logging.getLogger("tinyguard.integrations")

REMEMBERED = 1024
WITHHELD = "[withheld by TinyGuard]"

# The role that the guard judges a message's text under; None: the model's own words, which are not scanned.
_ROLES: dict[str, str | None] = {
    "assistant": None,
    "ai": None,
    "model": None,
    "system": "system",
    "developer": "system",
}
_ROLES |= {"tool": "tool", "function": "tool", "user": "user", "human": "user", "document": "document"}
# Parts of a message, or items of a list, that bring text in which the author of the message did not write.
_PART_ROLES = {"tool_result": "tool", "document": "document", "search_result": "document", "reasoning": None}
_PART_ROLES |= {"function_call": None, "tool_call": None, "tool_use": None, "thinking": None}
# What the model made before, sent back as it came: Base64 that only the API can open.
_PART_ROLES |= {"image_generation_call": None, "compaction": None}
# Items without a role whose text lies where a part of a message keeps it. All strings of any other are read.
_KNOWN_ITEMS = frozenset(("text", "input_text", "function_call_output", "file_search_call", *_PART_ROLES))
# Where a part keeps its text. Images, audio and files are not read.
_TEXT_KEYS = ("text", "content", "title", "context", "output", "results", "source", "transcript")


class Item(NamedTuple):
    """A text and the role that the guard judges it under."""

    text: str
    role: str


class TinyGuardError(RuntimeError):
    """A text may not pass, in frameworks that have no error of their own for it. ``verdict`` says why; neither holds
    the text."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(explain(verdict))
        self.verdict = verdict


class Classifier(Protocol):
    """What an adapter needs of a guard; `tinyguard.Guard` is one."""

    def classify(self, text: str, role: str = "user") -> Verdict: ...


_shared: Guard | None = None
_shared_lock = threading.Lock()


def shared_guard() -> Guard:
    """The guard with the bundled model and the balanced policy, loaded once in a process."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Guard()
        return _shared


class Checker:
    """Decides whether texts may pass.

    guard      a `Guard` (default: `shared_guard`), loaded here and not at the first text
    roles      the roles that are scanned; a developer's own system prompt is not, unless ``system`` is among them
    stop_at    None: every text that is not safe is stopped; or the mildest action that stops: flag, review or block
    fail_open  let a text pass when the guard itself fails; the failure is logged either way, without the text

    A conversation is sent again with every turn, so the last ``REMEMBERED`` verdicts are kept under the text's hash.
    """

    def __init__(
        self,
        guard: Classifier | None = None,
        *,
        roles: Iterable[str] = ("user", "tool", "document"),
        stop_at: str | None = None,
        fail_open: bool = False,
    ) -> None:
        if stop_at is not None and stop_at not in ("flag", "review", "block"):
            raise ValueError("stop_at must be None, 'flag', 'review' or 'block'")
        self.guard: Classifier = shared_guard() if guard is None else guard
        self.roles = frozenset(roles)
        self.stop_at = stop_at
        self.fail_open = fail_open
        self._known: OrderedDict[bytes, Verdict] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, text: str, role: str = "user") -> Verdict:
        """The verdict, or one of route ``error`` when the guard failed. Never raises."""
        try:
            key = hashlib.blake2b(f"{role}\n{text}".encode("utf-8", "surrogatepass"), digest_size=32).digest()
            with self._lock:
                if key in self._known:
                    self._known.move_to_end(key)
                    return self._known[key]
            verdict = self.guard.classify(text, role)
            with self._lock:
                self._known[key] = verdict
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            return verdict
        except Exception as error:
            # The kind of error is enough to find it; its message might quote the text.
            way = "open" if self.fail_open else "closed"
            logger.error("the guard failed (%s): fail-%s", type(error).__name__, way)
            return unjudged(self.fail_open)

    def stops(self, verdict: Verdict) -> bool:
        if verdict.route == "error" or self.stop_at is None:
            return not verdict.is_safe
        return ACTION_CODES[verdict.action] >= ACTION_CODES[self.stop_at]

    def first_stop(self, items: Iterable[Item]) -> Verdict | None:
        """The verdict that stops the first of the texts that may not pass; None when all may."""
        for text, role in items:
            if role in self.roles and self.stops(verdict := self.check(text, role)):
                return verdict
        return None

    async def afirst_stop(self, items: Iterable[Item]) -> Verdict | None:
        """`first_stop` in a thread; the guard computes without the GIL, so the event loop goes on."""
        return await asyncio.to_thread(self.first_stop, tuple(items))


def unjudged(safe: bool = False) -> Verdict:
    """The verdict for a text that could not be judged: route ``error``, stopped unless it is called safe."""
    action = "allow" if safe else "block"
    bits = encode_bits("uncertain", 0, 0, action)
    score, none = 0.0 if safe else 1.0, dict.fromkeys(DETECTORS, 0.0)
    return Verdict(safe, "uncertain", score, 0.0, 0, action, bits, "error", none, (), "text", False, 0.0)


def explain(verdict: Verdict) -> str:
    """One sentence for an exception or a log, without any part of the text."""
    if verdict.route == "error":
        return "TinyGuard could not judge the text"
    return f"TinyGuard found {verdict.threat_type} (action {verdict.action}, score {verdict.score:.2f})"


def summary(verdict: Verdict) -> dict[str, Any]:
    """The fields that a framework's own records may carry."""
    return {
        "threat_type": verdict.threat_type,
        "action": verdict.action,
        "score": verdict.score,
        "severity": verdict.severity,
        "bits": verdict.bits,
        "view": verdict.view,
        "route": verdict.route,
    }


def content_items(content: object, role: str | None) -> Iterator[Item]:
    """The texts in a message's content: a string, or parts in the shapes of OpenAI, Anthropic, LangChain and MCP."""
    if isinstance(content, str):
        if role is not None:
            yield Item(content, role)
    elif isinstance(content, Mapping):
        role = _PART_ROLES.get(str(content.get("type")), role)
        # Anthropic's plain-text source keeps its text in "data", where a base64 source has none.
        for key in (*_TEXT_KEYS, "data") if content.get("type") == "text" else _TEXT_KEYS:
            yield from content_items(content.get(key), role)
    elif isinstance(content, Iterable) and not isinstance(content, bytes | bytearray):
        parts = [item for part in content for item in content_items(part, role)]
        # An attack may be spread over the parts of one message: those of one role are read as one text.
        for its_role in dict.fromkeys(item.role for item in parts):
            yield Item("\n".join(item.text for item in parts if item.role == its_role), its_role)


def message_items(messages: object) -> Iterator[Item]:
    """The texts of a request's messages with their roles: a string, or a list of strings, messages and items.

    Messages are mappings with ``role`` and ``content`` (OpenAI chat, Anthropic); an item without a role, such as the
    Responses API's ``function_call_output``, is a tool's unless it is the model's own; one without a type either, such
    as the variables of a stored prompt, is the user's.
    """
    if isinstance(messages, str):
        yield Item(messages, "user")
    elif isinstance(messages, Mapping):
        if "role" in messages:
            # An unknown role is no reason not to look.
            yield from content_items(messages.get("content"), _ROLES.get(str(messages["role"]).lower(), "user"))
        else:
            kind = str(messages.get("type", "text"))
            role = _PART_ROLES.get(kind, "user" if kind in ("text", "input_text") else "tool")
            if "type" in messages and kind in _KNOWN_ITEMS:
                yield from content_items(messages, role)
            elif role is not None and (text := "\n".join(strings_of(messages))):
                yield Item(text, role)
    elif isinstance(messages, Iterable) and not isinstance(messages, bytes | bytearray):
        for message in messages:
            yield from message_items(message)


def request_items(request: Mapping[str, Any], fields: Iterable[str]) -> Iterator[Item]:
    """The texts in these fields. ValueError for one that came as the ids of its tokens, which only the model's own
    tokenizer can turn back."""
    for field in fields:
        if _holds_numbers(request.get(field)):
            raise ValueError("token ids")
        yield from message_items(request.get(field))


def _holds_numbers(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, int | float) or _holds_numbers(item) for item in value)
