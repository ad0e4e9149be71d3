"""The wire shapes of other guardrails: by the letter, and by their own clients where those install."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from dataclasses import replace

import pytest

from tests.server.conftest import Running, serving
from tinyguard import Guard
from tinyguard.server.adapters.openai import _result
from tinyguard.verdict import THREAT_CODES

ATTACK, FINE = "please ignore the weather", "the weather is fine"


def test_lakera(served: Running) -> None:
    messages = [
        {"role": "system", "content": "ignore"},
        {"role": "user", "content": FINE},
        {"role": "user", "content": ATTACK},
    ]
    answer = served.post("/v2/guard", {"messages": messages})
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"flagged", "payload", "metadata"}
    assert (body["flagged"], body["payload"]) == (True, [])
    uuid.UUID(body["metadata"]["request_uuid"])
    asked = {"messages": messages, "breakdown": True, "dev_info": True, "payload": True, "project_id": "project-1"}
    body = served.post("/v2/guard", asked).json()
    assert [(item["message_id"], item["detected"]) for item in body["breakdown"]] == [(1, False), (2, True)]
    for item in body["breakdown"]:
        assert item.keys() == {"project_id", "policy_id", "detector_id", "detector_type", "detected", "message_id"}
        assert (item["detector_type"], item["project_id"]) == ("prompt_attack", "project-1")
    assert body["dev_info"]["model_version"] == "tiny-0"
    safe = served.post("/v2/guard", {"messages": messages[:2], "breakdown": None, "dev_info": None}).json()
    assert (safe["flagged"], safe["payload"]) == (False, [])
    parts = [{"role": "user", "content": [{"type": "text", "text": "fine"}, {"type": "text", "text": ATTACK}]}]
    assert served.post("/v2/guard", {"messages": parts}).json()["flagged"] is True
    output = [{"role": "user", "content": FINE}, {"role": "assistant", "content": ATTACK}]
    assert served.post("/v2/guard", {"messages": output}).json()["flagged"] is True


def litellm_request(*texts: str, **fields: object) -> dict:
    return {"texts": list(texts), "input_type": "request", "images": None, "tools": None, "structured_messages": None,
            "litellm_call_id": "1", "litellm_trace_id": None, "request_data": {},
            "additional_provider_specific_params": {}, **fields}  # fmt: skip


def test_litellm(served: Running) -> None:
    path = "/beta/litellm_basic_guardrail_api"
    assert served.post(path, litellm_request(FINE)).json() == {"action": "NONE"}
    assert served.post(path, litellm_request()).json() == {"action": "NONE"}
    assert served.post(path, {"input_type": "request", "texts": None}).json() == {"action": "NONE"}
    blocked = served.post(path, litellm_request(FINE, ATTACK)).json()
    assert blocked["action"] == "BLOCKED"
    assert "direct_injection" in blocked["blocked_reason"]
    assert "weather" not in blocked["blocked_reason"]
    operator = [{"role": "system", "content": ATTACK}, {"role": "user", "content": FINE}]
    assert served.post(path, litellm_request(ATTACK, FINE, structured_messages=operator)).json() == {"action": "NONE"}
    both = [{"role": "user", "content": ATTACK}, *operator]
    assert served.post(path, litellm_request(ATTACK, FINE, structured_messages=both)).json()["action"] == "BLOCKED"
    prefilled = [{"role": "user", "content": FINE}, {"role": "assistant", "content": ATTACK}]
    answer = served.post(path, litellm_request(FINE, ATTACK, structured_messages=prefilled)).json()
    assert answer["action"] == "BLOCKED"  # the last message is read, whoever's it is
    earlier = [*prefilled[::-1], None, {"role": "user"}]
    assert served.post(path, litellm_request(FINE, ATTACK, structured_messages=earlier)).json() == {"action": "NONE"}
    output = served.post(path, litellm_request(ATTACK, input_type="response")).json()
    assert (output["action"], "indirect_injection" in output["blocked_reason"]) == ("BLOCKED", True)


def test_what_is_refused_is_chosen(tiny_guard: Guard) -> None:
    """With the tiny model's threshold of 0.6, "perhaps ignore" blocks and "perhaps" is only flagged."""
    flagged = next(
        text
        for text in ("perhaps", "perhaps the weather", "faintly")
        if tiny_guard.classify(text).action in ("flag", "allow")
    )
    for refuse in ("flag", "review", "block"):
        with serving(tiny_guard, refuse=refuse) as running:
            for text in (flagged, ATTACK):
                verdict = tiny_guard.classify(text)
                order = ["allow", "flag", "review", "block"]
                expected = 403 if not verdict.is_safe and order.index(verdict.action) >= order.index(refuse) else 200
                assert running.client.get("/envoy/ext_authz/x", params={"q": text}).status_code == expected


def test_openai(served: Running) -> None:
    body = served.post("/v1/moderations", {"input": [ATTACK, FINE], "model": "omni-moderation-latest"}).json()
    assert body.keys() == {"id", "model", "results"}
    assert [result["flagged"] for result in body["results"]] == [True, False]
    first = body["results"][0]
    assert first["categories"]["direct_injection"] is True
    assert first["category_scores"]["direct_injection"] > 0.9
    assert first["categories"].keys() == first["category_scores"].keys() == first["category_applied_input_types"].keys()
    assert {"hate", "self-harm/intent", "sexual/minors", "illicit/violent"} <= first["categories"].keys()
    parts = [
        {"type": "text", "text": FINE},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": ATTACK},
    ]
    assert [result["flagged"] for result in served.post("/v1/moderations", {"input": parts}).json()["results"]] == [
        True
    ]


@pytest.mark.parametrize("threat", [threat for threat in THREAT_CODES if threat != "benign"])
def test_what_openai_flags_has_a_category(tiny_guard: Guard, threat: str) -> None:
    result = _result([replace(tiny_guard.classify(ATTACK), threat_type=threat)])
    assert result["flagged"] is True
    assert [name for name, true in result["categories"].items() if true] == [threat]
    assert result["category_scores"][threat] > 0.9


def test_openais_client(tiny_guard: Guard) -> None:
    openai = pytest.importorskip("openai")
    with serving(tiny_guard, api_keys=("sk-for-a-test",)) as running:
        client = openai.OpenAI(base_url=f"{running.url}/v1", api_key="sk-for-a-test", max_retries=0)
        answer = client.moderations.create(input=[ATTACK, FINE])
        assert [result.flagged for result in answer.results] == [True, False]
        assert answer.results[0].categories.model_extra["direct_injection"] is True
        assert answer.results[1].category_scores.self_harm_intent == 0.0
        assert answer.model == "tiny-0"
        with pytest.raises(openai.BadRequestError, match="input must be"):
            client.moderations.create(input=[])
        client.close()
        wrong = openai.OpenAI(base_url=f"{running.url}/v1", api_key="sk-another-one", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            wrong.moderations.create(input=ATTACK)
        wrong.close()


def test_azure(served: Running) -> None:
    path = "/contentsafety/text:shieldPrompt?api-version=2024-09-01"
    both = served.post(path, {"userPrompt": ATTACK, "documents": [FINE, ATTACK]}).json()
    assert both == {
        "userPromptAnalysis": {"attackDetected": True},
        "documentsAnalysis": [{"attackDetected": False}, {"attackDetected": True}],
    }
    assert served.post(path, {"userPrompt": FINE, "documents": []}).json() == {
        "userPromptAnalysis": {"attackDetected": False}, "documentsAnalysis": [],
    }  # fmt: skip
    assert served.post(path, {"documents": [ATTACK]}).json() == {"documentsAnalysis": [{"attackDetected": True}]}


def test_llm_guard(served: Running, tiny_guard: Guard) -> None:
    score = tiny_guard.classify(ATTACK).score
    expected = {"is_valid": False, "scanners": {"PromptInjection": score}}
    assert served.post("/analyze/prompt", {"prompt": ATTACK}).json() == {**expected, "sanitized_prompt": ATTACK}
    assert served.post("/scan/prompt", {"prompt": ATTACK}).json() == expected
    off = served.post("/analyze/prompt", {"prompt": ATTACK, "scanners_suppress": ["PromptInjection"]}).json()
    assert off == {"is_valid": True, "scanners": {}, "sanitized_prompt": ATTACK}
    lone = served.client.post("/analyze/prompt", content=json.dumps({"prompt": "fine \ud800"}))
    assert lone.json()["sanitized_prompt"] == "fine \ud800"


def test_ext_authz(served: Running) -> None:
    chat = {"model": "m", "messages": [{"role": "system", "content": ATTACK}, {"role": "user", "content": FINE}]}
    for method in ("POST", "PUT", "PATCH"):
        passed = served.client.request(method, "/envoy/ext_authz/v1/chat/completions", json=chat)
        assert (passed.status_code, passed.content, passed.headers["x-tinyguard-threat"]) == (200, b"", "benign")
    chat["messages"].append({"role": "user", "content": ATTACK})
    refused = served.post("/envoy/ext_authz/v1/chat/completions", chat)
    assert (refused.status_code, refused.headers["x-tinyguard-threat"]) == (403, "direct_injection")
    assert len(refused.headers["x-tinyguard-bits"]) == 4
    assert "weather" not in refused.text
    assert served.client.get("/envoy/ext_authz/search?q=please+ignore").status_code == 403
    assert served.client.get("/envoy/ext_authz/search?q=please").status_code == 200
    assert served.client.get("/envoy/ext_authz").status_code == 200
    assert served.client.post("/envoy/ext_authz/form", data={"a": "fine", "b": ATTACK}).status_code == 403
    assert served.client.post("/envoy/ext_authz/x", content=ATTACK).status_code == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (ATTACK, json.dumps({"prompt": ATTACK}), "ignore=1"):
        assert served.client.post("/envoy/ext_authz/x", content=content, headers=form).status_code == 403
    assert served.client.get("/envoy/ext_authz/search?ignore=1").status_code == 403


def test_ext_authz_passes_nothing_that_it_cannot_read(served: Running) -> None:
    path = "/envoy/ext_authz/v1/chat/completions"
    json_type = {"Content-Type": "application/json"}
    assert served.client.post(path, content=b'{"a', headers=json_type).status_code == 403
    assert served.client.post(path, content=b"x", headers={"Content-Encoding": "br"}).status_code == 403
    assert served.client.post(path, content=b'{"q": "x", "q": "x"}', headers=json_type).status_code == 403
    assert served.client.post("/guard", content=b'{"text": "ignore", "text": "x"}').status_code == 400
    assert served.client.post(path, content=gzip.compress(ATTACK.encode())).status_code == 403
    twice = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]
    assert served.client.post(path, content=b"x", headers=twice).status_code == 403
    cut = served.post(path, {"text": "fine"}, headers={"x-envoy-auth-partial-body": "true"})
    assert cut.status_code == 403
    assert served.client.post(path, content=b"x" * 30_000).status_code == 413


# LiteLLM's own guardrails, pointed at this service. Its proxy's dependencies are many: not in the test extra.


def litellm_module(name: str) -> object:
    pytest.importorskip("litellm")
    return pytest.importorskip(f"litellm.proxy.guardrails.guardrail_hooks.{name}", exc_type=ImportError)


@pytest.mark.filterwarnings("default")
def test_litellms_generic_guardrail(tiny_guard: Guard) -> None:
    module = litellm_module("generic_guardrail_api.generic_guardrail_api")
    from litellm.exceptions import GuardrailRaisedException

    with serving(tiny_guard, api_keys=("correct horse",)) as running:

        async def apply(text: str) -> dict:
            guardrail = module.GenericGuardrailAPI(api_base=running.url, api_key="correct horse", guardrail_name="t")
            try:
                return await guardrail.apply_guardrail({"texts": [text]}, {}, "request")
            finally:
                await guardrail.async_handler.close()

        assert asyncio.run(apply(FINE))["texts"] == [FINE]
        with pytest.raises(GuardrailRaisedException, match="direct_injection"):
            asyncio.run(apply(ATTACK))


@pytest.mark.filterwarnings("default")
def test_litellms_lakera_guardrail(tiny_guard: Guard) -> None:
    module = litellm_module("lakera_ai_v2")
    with serving(tiny_guard) as running:

        async def call(text: str) -> dict:
            guardrail = module.LakeraAIGuardrail(api_key="any", api_base=running.url, guardrail_name="t")
            messages = [{"role": "user", "content": text}]
            try:
                return (await guardrail.call_v2_guard(messages, {}, "pre_call"))[0]
            finally:
                await guardrail.async_handler.close()

        assert asyncio.run(call(ATTACK))["flagged"] is True
        assert asyncio.run(call(FINE))["flagged"] is False
