"""The native endpoints: one text, several, two bytes, health, readiness, metrics."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from tinyguard import native
from tinyguard.policy import ROLES
from tinyguard.server.answers import flag, json_response, judge, read_body, read_object, string
from tinyguard.server.errors import BLOCKED_BITS, ServiceError, bad_request
from tinyguard.server.service import Service
from tinyguard.verdict import Verdict
from tinyguard.version import __version__

_TEXT = {"type": "string"}
_OPTIONS = {
    "role": {"enum": list(ROLES), "default": "user"},
    "return_confidence": {"type": "boolean", "default": True},
    "return_views": {"type": "boolean", "default": False},
}


def _takes(**properties: object) -> dict[str, Any]:
    """The request body as the OpenAPI document describes it."""
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/guard", openapi_extra=_takes(text=_TEXT, **_OPTIONS))
    async def guard(request: Request) -> Response:
        """The verdict for one text."""
        fields = await read_object(request)
        text, role = string(fields, "text"), service.check_role(fields.get("role", "user"))
        show = _Shown(fields)
        [verdict] = await judge(request, service, [text], [role])
        return json_response(await show(text, verdict))

    @routes.post("/guard/batch", openapi_extra=_takes(texts={"type": "array"}, **_OPTIONS))
    async def batch(request: Request) -> Response:
        """Verdicts in order. ``texts`` holds strings, or objects with a text, a role and perhaps an id."""
        fields = await read_object(request)
        items = fields.get("texts")
        if not isinstance(items, list):
            raise bad_request("texts must be a list")
        role, show = fields.get("role", "user"), _Shown(fields)
        cases = [item if isinstance(item, dict) else {"text": item} for item in items]
        texts = [string(case, "text") for case in cases]
        roles = [service.check_role(case.get("role", role)) for case in cases]
        named = [_id(case) for case in cases]
        verdicts = await judge(request, service, texts, roles)
        results = [ids | await show(text, verdict) for ids, text, verdict in zip(named, texts, verdicts, strict=True)]
        return json_response({"results": results})

    @routes.post("/guard/bits")
    async def bits(request: Request) -> Response:
        """Two bytes, little-endian, also where the guard fails (status 503). The body is the text itself, or the JSON
        object of /guard."""
        body = await read_body(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
            fields = await read_object(request)
            text, role = string(fields, "text"), fields.get("role", "user")
        else:
            text = body.decode("utf-8", "surrogateescape")
            role = request.query_params.get("role", "user")
        status, headers = 200, {}
        try:
            [verdict] = await judge(request, service, [text], [service.check_role(role)])
            answer = verdict.bits
        except ServiceError as error:
            if error.status < 500:
                raise
            answer, status, headers = BLOCKED_BITS, error.status, error.headers
        return Response(answer.to_bytes(2, "little"), status, headers, "application/octet-stream")

    @routes.get("/health")
    async def health() -> Response:
        """The process lives."""
        return json_response({"status": "ok", "version": __version__, "model": service.model})

    @routes.get("/ready")
    async def ready() -> Response:
        """The process wants traffic."""
        return json_response({"ready": service.ready, "waiting": service.depth}, 200 if service.ready else 503)

    @routes.get("/metrics")
    async def metrics() -> Response:
        """Prometheus' text format."""
        return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _id(case: dict[str, Any]) -> dict[str, Any]:
    """What of a text's object comes back in its result."""
    if "id" not in case:
        return {}
    try:
        json.dumps(case["id"], allow_nan=False)
    except (ValueError, RecursionError):
        raise bad_request("id must be JSON that can be sent back: no NaN and no infinite number") from None
    return {"id": case["id"]}


class _Shown:
    """A verdict as the request asked to see it."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._confidence = flag(fields, "return_confidence", True)
        self._views = flag(fields, "return_views", False)

    async def __call__(self, text: str, verdict: Verdict) -> dict[str, Any]:
        shown = verdict.to_dict()
        if not self._confidence:
            del shown["confidence"], shown["score"]
        if self._views:
            shown["views"] = await asyncio.get_running_loop().run_in_executor(None, recovered, text)
        return shown


def recovered(text: str) -> list[dict[str, Any]]:
    """The texts that were recovered from a text: the only part of an answer that holds text."""
    if not text:
        return []
    return [
        {"kind": view.kind, "start": view.begin, "end": view.end, "text": view.text}
        for view in native.analyze(text).views[1:]
    ]
