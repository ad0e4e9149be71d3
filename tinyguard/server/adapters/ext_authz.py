"""Envoy's HTTP ext_authz: the original request under ``/envoy/ext_authz`` (the filter's ``path_prefix``).

200 lets it pass, 403 refuses it; Envoy takes 5xx for a failure of ours and follows its ``failure_mode_allow``. The
filter needs ``with_request_body``; a body that Envoy cut short says so in a header and is refused.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tinyguard.server.answers import json_response, judge
from tinyguard.server.conversation import JUDGED_AS, read
from tinyguard.server.errors import ServiceError
from tinyguard.server.forwarded import request_turns
from tinyguard.server.service import Service
from tinyguard.verdict import Verdict

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PARTIAL_BODY = "x-envoy-auth-partial-body"


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.api_route("/envoy/ext_authz", methods=METHODS, include_in_schema=False)
    @routes.api_route("/envoy/ext_authz/{path:path}", methods=METHODS, include_in_schema=False)
    async def check(request: Request) -> Response:
        if request.headers.get(PARTIAL_BODY, "false").lower() == "true":
            return refusal("the body was cut short by the proxy")
        try:
            kind, encodings = request.headers.get("content-type", ""), request.headers.getlist("content-encoding")
            turns = request_turns(request.url.query, await request.body(), kind, encodings)
        except ServiceError as error:
            if error.status in (400, 415):  # what cannot be read is not passed on
                return refusal(error.message)
            raise
        turns = read(turns, service.settings.scan_roles)
        verdicts = await judge(
            request, service, [turn.text for turn in turns], [JUDGED_AS[turn.role] for turn in turns]
        )  # fmt: skip
        worst = max(verdicts, key=lambda verdict: (service.refuses(verdict), verdict.score), default=None)
        if worst is not None and service.refuses(worst):
            return refusal("the request was refused", worst)
        return Response(status_code=200, headers=verdict_headers(worst))

    return routes


def verdict_headers(verdict: Verdict | None) -> dict[str, str]:
    """Headers that Envoy can pass on, upstream or to the client."""
    if verdict is None:
        return {}
    return {
        "x-tinyguard-threat": verdict.threat_type,
        "x-tinyguard-action": verdict.action,
        "x-tinyguard-bits": f"{verdict.bits:04x}",
    }


def refusal(message: str, verdict: Verdict | None = None) -> Response:
    body = {"error": {"code": "refused", "type": "refused", "message": message}}
    return json_response(body, 403, verdict_headers(verdict))
