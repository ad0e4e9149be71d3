"""Envoy's gRPC external processor (ext_proc v3): each request's body is held back until it is judged.

Set the filter's ``request_body_mode`` to BUFFERED. STREAMED works too, but then Envoy has forwarded all but the last
piece by the time of the verdict; with FULL_DUPLEX_STREAMED the pieces are held here and passed on together. What
the upstream answers passes unread.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc

from tinyguard.server.adapters.ext_authz import verdict_headers
from tinyguard.server.conversation import JUDGED_AS, read
from tinyguard.server.envoy_messages import SERVICE, ProcessingRequest, ProcessingResponse
from tinyguard.server.errors import ServiceError, too_large
from tinyguard.server.forwarded import request_turns
from tinyguard.server.gate import Keys
from tinyguard.server.logs import event
from tinyguard.server.service import Service
from tinyguard.verdict import Verdict

FULL_DUPLEX_STREAMED = 4
OVERWRITE_OR_ADD = 2
_REQUEST_PARTS = ("request_headers", "request_body", "request_trailers")
_LABEL = "/envoy/ext_proc"


class Exchange:
    """One HTTP request on its way through Envoy: a message in, a message out; none while a body is held back, and with
    the trailers that end it the body too."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._headers: dict[str, str] = {}
        self._encodings: list[str] = []  # of all headers of that name
        self._pieces: list[bytes] = []
        self._size = 0
        self._duplex = False
        self._judged = False

    async def take(self, message: Any) -> list[Any]:
        part = message.WhichOneof("choice")
        if message.protocol_config.request_body_mode == FULL_DUPLEX_STREAMED:
            self._duplex = True
        if part == "request_headers":
            for header in message.request_headers.headers.headers:
                value = header.raw_value.decode("utf-8", "surrogateescape") or header.value
                self._headers[header.key.lower()] = value
                if header.key.lower() == "content-encoding":
                    self._encodings.append(value)
            return await self._pass_or_refuse(part, message.request_headers.end_of_stream)
        if part == "request_body":
            self._size += len(message.request_body.body)
            if self._size > self._service.settings.max_body:
                raise too_large(f"a body may have at most {self._service.settings.max_body} bytes")
            self._pieces.append(message.request_body.body)
            if self._duplex and not message.request_body.end_of_stream:
                return []
            return await self._pass_or_refuse(part, message.request_body.end_of_stream)
        if part == "request_trailers":
            return await self._pass_or_refuse(part, True)
        return [_pass(part)] if part else []

    async def _pass_or_refuse(self, part: str, last: bool) -> list[Any]:
        if not last or self._judged:
            return [_pass(part)]
        self._judged = True
        verdict = await self._judge()
        if verdict is not None and self._service.refuses(verdict):
            return [refuse(403, "refused", "the request was refused", verdict)]
        if not self._duplex or not self._pieces:
            return [_pass(part, verdict)]
        held = _pass("request_body", verdict)
        streamed = held.request_body.response.body_mutation.streamed_response
        streamed.body, streamed.end_of_stream = b"".join(self._pieces), part == "request_body"
        return [held] if part == "request_body" else [held, _pass(part)]

    async def _judge(self) -> Verdict | None:
        """The verdict that decides, of all texts in the query and the body."""
        query, kind = self._headers.get(":path", "").partition("?")[2], self._headers.get("content-type", "")
        turns = request_turns(query, b"".join(self._pieces), kind, self._encodings)
        turns = read(turns, self._service.settings.scan_roles)
        verdicts = await self._service.scan([turn.text for turn in turns], [JUDGED_AS[turn.role] for turn in turns])
        return max(verdicts, key=lambda verdict: (self._service.refuses(verdict), verdict.score), default=None)


def _pass(part: str, verdict: Verdict | None = None) -> Any:
    answer = ProcessingResponse()
    getattr(answer, part).SetInParent()
    if part != "request_trailers" and verdict is not None:
        _set_headers(getattr(answer, part).response.header_mutation, verdict_headers(verdict))
    return answer


def refuse(status: int, code: str, message: str, verdict: Verdict | None = None) -> Any:
    """Envoy answers the client itself; the request goes nowhere."""
    answer = ProcessingResponse()
    immediate = answer.immediate_response
    immediate.status.code = status
    immediate.body = json.dumps({"error": {"code": code, "type": code, "message": message}}).encode()
    immediate.details = f"tinyguard_{code}"
    _set_headers(immediate.headers, {"content-type": "application/json", **verdict_headers(verdict)})
    return answer


def _set_headers(mutation: Any, headers: dict[str, str]) -> None:
    for key, value in headers.items():
        option = mutation.set_headers.add(append_action=OVERWRITE_OR_ADD)
        option.header.key, option.header.raw_value = key, value.encode()


def handler(service: Service) -> grpc.GenericRpcHandler:
    keys = Keys(service.settings.api_keys)

    async def process(requests: AsyncIterator[Any], context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        metadata = {str(key).lower(): str(value) for key, value in context.invocation_metadata() or ()}
        if not keys.open_for(metadata):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "an API key is needed")
        exchange, outcome = Exchange(service), "cut off"
        try:
            async for message in requests:
                for answer in await _answers(exchange, message):
                    if message.observability_mode:
                        continue
                    yield answer
                    if answer.WhichOneof("choice") == "immediate_response":
                        outcome = str(answer.immediate_response.status.code)
                        return
            outcome = "200"
        finally:
            service.metrics.requests.labels(_LABEL, outcome.replace("cut off", "499")).inc()
            event("request", endpoint=_LABEL, outcome=outcome)

    method = grpc.stream_stream_rpc_method_handler(
        process, ProcessingRequest.FromString, lambda answer: answer.SerializeToString()
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"Process": method})


async def _answers(exchange: Exchange, message: Any) -> list[Any]:
    """Whatever goes wrong is an answer that refuses, for Envoy may be set to let a broken stream pass."""
    try:
        return await exchange.take(message)
    except ServiceError as error:
        return [refuse(403 if error.status in (400, 415) else error.status, error.code, error.message)]
    except asyncio.CancelledError:
        raise
    except Exception:
        event("request failed", logging.ERROR, exc_info=True, endpoint=_LABEL)
        return [refuse(503, "unavailable", "the service failed on this request")]


async def start(service: Service) -> tuple[grpc.aio.Server, int]:
    """Serve on the settings' ext_proc port; the workers share it. The server and its port."""
    settings = service.settings
    options = [("grpc.so_reuseport", 1), ("grpc.max_receive_message_length", settings.max_body + (1 << 16))]
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((handler(service),))
    address = f"{settings.host}:{settings.ext_proc_port}"
    if settings.tls_certificate is None or settings.tls_key is None:
        port = server.add_insecure_port(address)
    else:
        pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
        authority = _read(settings.tls_client_ca)
        credentials = grpc.ssl_server_credentials([pair], authority, authority is not None)
        port = server.add_secure_port(address, credentials)
    await server.start()
    return server, port


def _read(path: Path | None) -> bytes | None:
    return path.read_bytes() if path is not None else None
