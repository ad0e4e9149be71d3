"""A text that comes in pieces, scanned as it comes.

The pieces are cut anew into windows of characters; neighbours share ``overlap`` characters, so that an attack of up to
that length is read whole wherever the sender cut it. Memory is bounded by one window.
"""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from starlette.types import Message

from tinyguard.server.answers import json_response, note, refuse_encodings
from tinyguard.server.errors import ClientGone, ServiceError, too_large
from tinyguard.server.lingering import LingeringResponse
from tinyguard.server.logs import event
from tinyguard.server.service import Service, Watch
from tinyguard.verdict import Verdict


class Windows:
    """Pieces of bytes or text in, (offset, window) out."""

    def __init__(self, size: int, overlap: int) -> None:
        self._size, self._overlap = size, overlap
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._offset = 0  # of the text that is held
        self._seen = 0  # characters of it that a window has held

    def feed(self, piece: bytes | str) -> Iterator[tuple[int, str]]:
        """The windows that this piece completes. A character may be cut in two between pieces of bytes."""
        self._text += self._decoder.decode(piece) if isinstance(piece, bytes) else piece
        while len(self._text) >= self._size:
            yield self._offset, self._text[: self._size]
            step = self._size - self._overlap
            self._text, self._offset = self._text[step:], self._offset + step
            self._seen = self._overlap

    def flush(self) -> Iterator[tuple[int, str]]:
        """What came since the last window, with what lies before it, without waiting for more."""
        if len(self._text) > self._seen:
            yield self._offset, self._text
            keep = min(self._overlap, len(self._text))
            self._offset += len(self._text) - keep
            self._text = self._text[len(self._text) - keep :]
            self._seen = keep

    def end(self) -> Iterator[tuple[int, str]]:
        yield from self.feed(self._decoder.decode(b"", final=True))
        yield from self.flush()

    @property
    def characters(self) -> int:
        return self._offset + len(self._text)


class StreamScan:
    """The worst verdict so far, with its spans in characters of the whole stream."""

    def __init__(self, service: Service, role: str) -> None:
        self._service, self._role = service, role
        self.windows = Windows(service.settings.window, service.settings.overlap)
        self.worst: Verdict | None = None
        self._offset = 0
        self.scanned = 0
        self._bytes = 0

    async def take(self, windows: Iterator[tuple[int, str]], gone: Watch | None = None) -> None:
        for offset, text in windows:
            verdict = await self._service.scan_soon(text, self._role, gone)
            self.scanned += 1
            if self.worst is None or (verdict.is_safe, -verdict.score) < (self.worst.is_safe, -self.worst.score):
                self.worst, self._offset = verdict, offset

    def count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._service.settings.max_stream:
            raise too_large(f"a stream may have at most {self._service.settings.max_stream} bytes")

    @property
    def convicted(self) -> bool:
        return self.worst is not None and not self.worst.is_safe

    async def answer(self, complete: bool) -> dict[str, Any]:
        """The verdict of the worst window, and how far the stream was read. An empty stream is an empty text."""
        if self.worst is None:
            self.worst = await self._service.scan_soon("", self._role)
        shown = self.worst.to_dict()
        for span in shown["spans"]:
            span["start"] += self._offset
            span["end"] += self._offset
        return {**shown, "complete": complete, "windows": self.scanned, "characters": self.windows.characters}


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/guard/stream")
    async def stream(request: Request) -> Response:
        """The body is the text, in pieces of any size. An attack is answered as soon as it is found, with ``complete``
        false; the rest is not looked at."""
        role = service.check_role(request.query_params.get("role", "user"))
        refuse_encodings(request.headers.getlist("content-encoding"))
        scan = StreamScan(service, role)
        pieces: AsyncIterator[bytes] = request.stream()
        async for piece in pieces:
            scan.count(len(piece))
            await scan.take(scan.windows.feed(piece))
            if scan.convicted:
                break
        else:
            await scan.take(scan.windows.end())
            answer = await scan.answer(complete=True)
            note(request, [scan.worst] if scan.worst else [])
            return json_response(answer)
        note(request, [scan.worst] if scan.worst else [])
        early = json_response(await scan.answer(complete=False), headers={"Connection": "close"})
        return LingeringResponse(early.body, early.status_code, dict(early.headers))

    @routes.websocket("/guard/stream")
    async def socket(websocket: WebSocket) -> None:
        """Each frame is a piece, text or bytes, and is answered with the verdict so far; an empty frame ends the
        stream. ``?role=`` as in the POST."""
        try:
            scan = StreamScan(service, service.check_role(websocket.query_params.get("role", "user")))
        except ServiceError as error:
            await websocket.close(1008, error.message)
            return
        await websocket.accept()
        outcome, frames = "cut off", Frames(websocket)
        try:
            outcome = await _converse(websocket, frames, scan)
        except (WebSocketDisconnect, ClientGone):
            pass
        except ServiceError as error:
            outcome = error.code
            await websocket.send_text(json.dumps(error.body()))
            await websocket.close(1009 if error.status == 413 else 1013, error.message)
        finally:
            frames.close()
        event("stream", outcome=outcome, windows=scan.scanned, convicted=scan.convicted)

    return routes


class Frames:
    """A WebSocket's messages, read one ahead: so it is seen that the client has hung up while its windows wait."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._next = asyncio.ensure_future(websocket.receive())

    async def receive(self) -> Message:
        message = await self._next
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        self._next = asyncio.ensure_future(self._websocket.receive())
        return message

    async def gone(self) -> None:
        """Returns when the client has hung up. One that has already sent its next frame is not watched until then."""
        if (await asyncio.shield(self._next))["type"] != "websocket.disconnect":
            await asyncio.Event().wait()

    def close(self) -> None:
        self._next.cancel()


async def _converse(websocket: WebSocket, frames: Frames, scan: StreamScan) -> str:
    while True:
        message = await frames.receive()
        piece: bytes | str = message.get("bytes") or message.get("text") or ""
        complete = not piece
        scan.count(len(piece) if isinstance(piece, bytes) else len(piece.encode("utf-8", "surrogatepass")))
        await scan.take(scan.windows.end() if complete else scan.windows.feed(piece), frames.gone)
        if not complete and not scan.convicted:
            await scan.take(scan.windows.flush(), frames.gone)
        await websocket.send_text(json.dumps(await scan.answer(complete)))
        if complete or scan.convicted:
            await websocket.close()
            return "threat" if scan.convicted else "safe"
