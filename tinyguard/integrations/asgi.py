"""ASGI middleware for any server of JSON requests: FastAPI, Starlette, Quart, a gateway of one's own. Needs no package.

On the given paths a request's body is read whole, its messages are scanned, and the application sees the request
unchanged or not at all. What cannot be read is not let through: a body that is too large (413), compressed (415), no
JSON object, one with a key twice, which two parsers may read in two ways, or with ids of tokens for text (400).
WebSockets are not inspected.
Specification: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from tinyguard.document import once
from tinyguard.integrations.common import Checker, Classifier, Item, explain, request_items, summary

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATHS = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings")
FIELDS = ("messages", "prompt", "input")


class TinyGuardMiddleware:
    """``TinyGuardMiddleware(app)``, or ``app.add_middleware(TinyGuardMiddleware, paths=["/chat"])``.

    paths      prefixes of the paths to inspect, with or without the mount's own; None: every path
    fields     top-level fields that hold a text, a list of texts or messages
    max_bytes  the largest body that is read
    """

    def __init__(
        self,
        app: Callable[[Message, Receive, Send], Awaitable[None]],
        guard: Classifier | None = None,
        *,
        paths: Iterable[str] | None = PATHS,
        fields: Iterable[str] = FIELDS,
        max_bytes: int = 1 << 20,
        stop_at: str | None = None,
        fail_open: bool = False,
    ) -> None:
        self.app = app
        self.checker = Checker(guard, stop_at=stop_at, fail_open=fail_open)
        self.paths = None if paths is None else tuple(paths)
        self.fields = tuple(fields)
        self.max_bytes = max_bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._inspected(scope):
            return await self.app(scope, receive, send)
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
            if size > self.max_bytes:
                return await _refuse(send, 413, f"the body is larger than {self.max_bytes} bytes")
        body = b"".join(chunks)
        if body:
            if any(name.lower() == b"content-encoding" and value != b"identity" for name, value in scope["headers"]):
                return await _refuse(send, 415, "a compressed body cannot be inspected")
            try:
                items = list(self._items(body))
            except (ValueError, RecursionError):
                return await _refuse(send, 400, "the body is not a JSON object with each key once and texts in letters")
            if (verdict := await self.checker.afirst_stop(items)) is not None:
                return await _refuse(send, 400, explain(verdict), **summary(verdict))
        pending = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        return await self.app(scope, replay, send)

    def _inspected(self, scope: Message) -> bool:
        """By the path below the mount (``root_path``), which the application routes by, or by the whole one."""
        path, root = scope["path"], scope.get("root_path", "").rstrip("/")
        inside = path[len(root) :] if path.startswith(root + "/") else path
        return self.paths is None or path.startswith(self.paths) or inside.startswith(self.paths)

    def _items(self, body: bytes) -> Iterator[Item]:
        request = json.loads(body, object_pairs_hook=once)
        if not isinstance(request, dict):
            raise ValueError("not an object")
        return request_items(request, self.fields)


async def _refuse(send: Send, status: int, message: str, **details: Any) -> None:
    body = json.dumps({"error": {"type": "tinyguard", "message": message, **details}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
