"""The bodies of every endpoint that takes one: an answer in JSON (or two bytes) with a status that the service
defines, never an error of the server.

The first byte chooses the endpoint, the rest is the body.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.tiny_model import write_model
from tinyguard import Guard
from tinyguard.server.app import create_app
from tinyguard.server.service import Service
from tinyguard.server.settings import Settings

PATHS = (
    "/guard", "/guard/batch", "/guard/bits", "/guard/stream", "/v1/moderations", "/v2/guard",
    "/contentsafety/text:shieldPrompt", "/envoy/ext_authz/v1/chat/completions", "/beta/litellm_basic_guardrail_api",
    "/analyze/prompt", "/scan/prompt",
)  # fmt: skip


class _Running:
    """The application in this thread, without a socket."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        with tempfile.TemporaryDirectory() as folder:
            self.service = Service(Guard(write_model(Path(folder))), Settings(window=64, overlap=16, max_body=1 << 16))
        self.app = create_app(self.service)
        self.loop.run_until_complete(self.service.start())

    async def post(self, path: str, body: bytes, kind: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
        messages = [
            {"type": "http.request", "body": piece, "more_body": more}
            for piece, more in zip(pieces, (1, 0), strict=True)
        ]
        status, answer = 0, b""
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, answer
            status = message.get("status", status)
            answer += message.get("body", b"")

        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"host", b"localhost")]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        gone.set()
        return status, answer


@cache
def _running() -> _Running:
    return _Running()


def service(data: bytes) -> None:
    if not data:
        return
    running = _running()
    path = PATHS[data[0] % len(PATHS)]
    kind = b"text/plain" if data[0] & 0x80 else b"application/json"
    status, answer = running.loop.run_until_complete(running.post(path, data[1:], kind))
    assert status in (200, 400, 403, 413, 415, 422), f"{path} answered {status}"
    if path == "/guard/bits" and status == 200:
        assert len(answer) == 2
    else:
        json.loads(answer or b"null")
