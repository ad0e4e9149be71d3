"""LiteLLM's generic guardrail: ``POST /beta/litellm_basic_guardrail_api``.

LiteLLM sends the texts of a request flat, and beside them the messages that they come from; a text that is found in a
message is judged by that message's role, and one of the last message is read whoever's it is. Images are not read.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from tinyguard.document import strings_of
from tinyguard.server.answers import json_response, judge, read_object, strings
from tinyguard.server.conversation import JUDGED_AS, is_message, message_role
from tinyguard.server.errors import bad_request
from tinyguard.server.service import Service

INPUT_TYPES = ("request", "response")


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/beta/litellm_basic_guardrail_api")
    async def guard(request: Request) -> Response:
        """NONE lets the request pass unchanged, BLOCKED ends it."""
        fields = await read_object(request)
        if fields.get("input_type") not in INPUT_TYPES:
            raise bad_request(f"input_type must be one of {', '.join(INPUT_TYPES)}")
        texts = strings(fields, "texts")
        if fields["input_type"] == "response":  # the model's words, which may carry an attack on
            cases = [(text, "assistant") for text in texts]
        else:
            messages = [message for message in _list(fields.get("structured_messages")) if is_message(message)]
            known, last = _roles(messages), set(strings_of(messages[-1:]))
            cases = [(text, known.get(text, "user")) for text in texts]
            cases = [(text, role) for text, role in cases if role in service.settings.scan_roles or text in last]
        verdicts = await judge(
            request, service, [text for text, _ in cases], [JUDGED_AS[role] for _, role in cases]
        )  # fmt: skip
        refused = [verdict for verdict in verdicts if service.refuses(verdict)]
        if not refused:
            return json_response({"action": "NONE"})
        worst = max(refused, key=lambda verdict: verdict.score)
        reason = f"TinyGuard: {worst.threat_type} (score {worst.score:.3f}, action {worst.action})"
        return json_response({"action": "BLOCKED", "blocked_reason": reason})

    return routes


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _roles(messages: list[dict[str, Any]]) -> dict[str, str]:
    """The role of each string of the messages. A string of several is the one's that is read: user before all."""
    roles: dict[str, str] = {}
    for message in messages:
        role = message_role(message)
        for text in strings_of(message):
            if role == "user" or (role == "tool" and roles.get(text) != "user"):
                roles[text] = role
            else:
                roles.setdefault(text, role)
    return roles
