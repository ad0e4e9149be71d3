"""OpenAI's moderation: ``POST /v1/moderations``.

The standard categories are all there, for clients insist on them, but only what TinyGuard looks for can be true:
its own categories, which clients keep as extra fields. ``illicit`` carries the harmful-intent score and is never true.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from tinyguard.server.answers import json_response, judge, read_object
from tinyguard.server.errors import bad_request
from tinyguard.server.service import Service
from tinyguard.verdict import THREAT_CODES, Verdict

STANDARD = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
OWN = tuple(threat for threat in THREAT_CODES if threat != "benign")


def router(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/moderations")
    async def moderate(request: Request) -> Response:
        """One result for each string; one for a list of parts."""
        groups = _inputs((await read_object(request)).get("input"))
        texts = [text for group in groups for text in group]
        verdicts = iter(await judge(request, service, texts, ["user"] * len(texts)))
        results = [_result([next(verdicts) for _ in group]) for group in groups]
        return json_response({"id": f"modr-{uuid.uuid4().hex}", "model": service.model, "results": results})

    return routes


def _inputs(given: Any) -> list[list[str]]:
    """The texts behind each result."""
    if isinstance(given, str):
        return [[given]]
    if isinstance(given, list) and given:
        if all(isinstance(item, str) for item in given):
            return [[item] for item in given]
        if all(isinstance(item, dict) for item in given):
            texts = [item.get("text") for item in given if item.get("type") == "text"]
            if texts and all(isinstance(text, str) for text in texts):
                return [texts]
            raise bad_request("input must have a text part; images are not read")
    raise bad_request("input must be a string, a list of strings or a list of parts")


def _result(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    categories = dict.fromkeys((*STANDARD, *OWN), False)
    scores = dict.fromkeys((*STANDARD, *OWN), 0.0)
    for verdict in verdicts:
        if not verdict.is_safe:
            categories[verdict.threat_type] = True
            scores[verdict.threat_type] = max(scores[verdict.threat_type], verdict.score)
        scores["illicit"] = max(scores["illicit"], verdict.detectors.get("harmful_intent", 0.0))
    return {
        "flagged": any(not verdict.is_safe for verdict in verdicts),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in categories},
    }
