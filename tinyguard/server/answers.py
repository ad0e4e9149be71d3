"""Reading requests and writing answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tinyguard.document import once
from tinyguard.server.errors import ServiceError, bad_request
from tinyguard.server.service import Service
from tinyguard.verdict import Verdict


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON in ASCII, which holds lone surrogates too."""
    return Response(json.dumps(content), status, headers, "application/json")


def refuse_encodings(values: Iterable[str]) -> None:
    """``values`` are those of all Content-Encoding headers: each of them may name several."""
    if any(name.strip().lower() not in ("", "identity") for value in values for name in value.split(",")):
        raise ServiceError(415, "unsupported_encoding", "a compressed body is not read")


async def read_body(request: Request) -> bytes:
    refuse_encodings(request.headers.getlist("content-encoding"))
    return await request.body()


def parse_json(body: bytes) -> Any:
    """The document; invalid UTF-8 becomes lone surrogates, which the guard scans."""
    try:
        return json.loads(body.decode("utf-8", "surrogateescape"), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise bad_request(f"not JSON: error at character {error.pos}") from None
    except (ValueError, RecursionError):
        raise bad_request("not JSON that can be read: a key twice, a number too long or nesting too deep") from None


async def read_object(request: Request) -> dict[str, Any]:
    fields = parse_json(await read_body(request))
    if not isinstance(fields, dict):
        raise bad_request("the body must be a JSON object")
    return fields


def string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a string")
    return value


def flag(fields: Mapping[str, Any], name: str, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise bad_request(f"{name} must be true or false")
    return value


def strings(fields: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings; an absent one is empty."""
    values = fields.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise bad_request(f"{name} must be a list of strings")
    return values


async def judge(request: Request, service: Service, texts: Sequence[str], roles: Sequence[str]) -> list[Verdict]:
    """Scan for a request: dropped when its client hangs up, and summed up in its log line."""
    verdicts = await service.scan(texts, roles, request.receive)
    note(request, verdicts)
    return verdicts


def note(request: Request, verdicts: Sequence[Verdict]) -> None:
    """What the log line says of the verdicts."""
    log = request.scope["state"]["log"]
    log["texts"] = len(verdicts)
    log["threats"] = sorted({verdict.threat_type for verdict in verdicts if not verdict.is_safe})
    log["actions"] = sorted({verdict.action for verdict in verdicts})
