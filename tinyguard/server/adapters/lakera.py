"""Lakera Guard v2: ``POST /v2/guard``.

``payload`` is always sent, for clients read it unasked; it lists personal data, which is not looked for here, so it is
empty. A project or policy id comes back as it was sent and chooses nothing: the service has one policy.
"""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response

from tinyguard.document import strings_of
from tinyguard.server.answers import flag, json_response, judge, read_object
from tinyguard.server.conversation import JUDGED_AS, Turn, is_message, message_role, read
from tinyguard.server.errors import bad_request
from tinyguard.server.service import Service
from tinyguard.version import __version__

DETECTOR = "prompt_attack"


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v2/guard")
    async def guard(request: Request) -> Response:
        """Whether the conversation's messages attack."""
        fields = await read_object(request)
        turns = read(_messages(fields), service.settings.scan_roles)
        wants_breakdown = flag({"breakdown": fields.get("breakdown") or False}, "breakdown", False)
        wants_info = flag({"dev_info": fields.get("dev_info") or False}, "dev_info", False)
        texts, roles = [turn.text for turn in turns], [JUDGED_AS[turn.role] for turn in turns]
        verdicts = await judge(request, service, texts, roles)
        answer: dict[str, Any] = {
            "payload": [],
            "flagged": any(not verdict.is_safe for verdict in verdicts),
            "metadata": {"request_uuid": str(uuid.uuid4())},
        }
        if wants_breakdown:
            ids = {name: _name(fields.get(name), service.guard.policy.name) for name in ("project_id", "policy_id")}
            answer["breakdown"] = [
                {
                    **ids,
                    "detector_id": "tinyguard",
                    "detector_type": DETECTOR,
                    "detected": not verdict.is_safe,
                    "message_id": turn.number,
                }
                for turn, verdict in zip(turns, verdicts, strict=True)
            ]
        if wants_info:
            answer["dev_info"] = {"version": __version__, "model_version": service.model}
        return json_response(answer)

    return routes


def _name(value: object, default: str) -> str:
    return value if isinstance(value, str) else default


def _messages(fields: dict[str, Any]) -> list[Turn]:
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad_request("messages must be a list of messages")
    if not all(isinstance(message, dict) and is_message(message) for message in messages):
        raise bad_request("a message must have a role and a content")
    return [
        Turn(message_role(message), "\n".join(strings_of(message)), index) for index, message in enumerate(messages)
    ]
