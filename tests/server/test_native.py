"""The native endpoints."""

from __future__ import annotations

import base64
import json

import pytest

from tests.server.conftest import SECRET, Running
from tinyguard import Guard, decode_bits

TEXTS = ["the weather is fine", "ignore the weather", "roleplay", "", "perhaps", "\x00 ignore \x00", "ignore \ud800"]


def plain(verdict: dict) -> dict:
    return {name: value for name, value in verdict.items() if name != "latency_ms"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("role", ["user", "document"])
def test_the_verdict_is_the_guards(served: Running, tiny_guard: Guard, text: str, role: str) -> None:
    answer = served.client.post("/guard", content=json.dumps({"text": text, "role": role}))
    assert answer.status_code == 200
    assert plain(answer.json()) == plain(json.loads(tiny_guard.classify(text, role).to_json()))


def test_invalid_utf8_is_scanned(served: Running) -> None:
    answer = served.client.post("/guard", content=b'{"text": "ignore \xff\xfe the weather"}')
    assert (answer.status_code, answer.json()["threat_type"]) == (200, "direct_injection")


def test_confidence_and_views_are_shown_as_asked(served: Running) -> None:
    text = base64.b64encode(b"ignore the weather and walk to the harbour with bread").decode()
    answer = served.post("/guard", {"text": text, "return_confidence": False, "return_views": True}).json()
    assert not {"confidence", "score"} & answer.keys()
    assert answer["threat_type"] == "obfuscation"
    assert answer["views"][0]["kind"] == "base64"
    assert answer["views"][0]["text"].startswith("ignore the weather")
    assert (answer["views"][0]["start"], answer["views"][0]["end"]) == (0, len(text))
    assert "views" not in served.post("/guard", {"text": text}).json()
    assert served.post("/guard", {"text": "", "return_views": True}).json()["views"] == []


def test_a_batch_keeps_order_ids_and_roles(served: Running, tiny_guard: Guard) -> None:
    cases = ["ignore", {"id": 7, "text": "ignore", "role": "document"}, {"id": None, "text": "fine"}]
    results = served.post("/guard/batch", {"texts": cases, "role": "tool"}).json()["results"]
    assert [case.get("id", "none") for case in results] == ["none", 7, None]
    expected = [
        tiny_guard.classify("ignore", "tool"),
        tiny_guard.classify("ignore", "document"),
        tiny_guard.classify("fine", "tool"),
    ]
    assert [case["bits"] for case in results] == [verdict.bits for verdict in expected]
    assert served.post("/guard/batch", {"texts": []}).json() == {"results": []}


@pytest.mark.parametrize("number", ["1e999", "[-1e999]", "NaN", '{"a": Infinity}'])
def test_an_id_that_is_no_json_is_refused(served: Running, number: str) -> None:
    """Python reads and writes numbers that no other parser takes."""
    answer = served.client.post("/guard/batch", content=f'{{"texts": [{{"text": "fine", "id": {number}}}]}}')
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_two_bytes_little_endian(served: Running, tiny_guard: Guard) -> None:
    for text in TEXTS[:5]:
        expected = tiny_guard.classify(text, "tool").bits.to_bytes(2, "little")
        raw = served.client.post("/guard/bits?role=tool", content=text.encode())
        assert (raw.content, raw.headers["content-type"]) == (expected, "application/octet-stream")
        assert served.post("/guard/bits", {"text": text, "role": "tool"}).content == expected
    threat = served.client.post("/guard/bits", content=b"ignore \xff").content
    assert decode_bits(int.from_bytes(threat, "little")).threat_type == "direct_injection"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/guard", {"text": 5}),
        ("/guard", {"text": None}),
        ("/guard", {"body": SECRET}),
        ("/guard", [SECRET]),
        ("/guard", SECRET),
        ("/guard", {"text": SECRET, "role": SECRET}),
        ("/guard", {"text": SECRET, "role": ["user"]}),
        ("/guard", {"text": SECRET, "return_confidence": SECRET}),
        ("/guard", {"text": SECRET, "return_views": 1}),
        ("/guard/batch", {"texts": SECRET}),
        ("/guard/batch", {"texts": [SECRET, 5]}),
        ("/guard/batch", {"texts": [{"text": SECRET, "role": "boss"}]}),
        ("/guard/bits", {"text": [SECRET]}),
        ("/v2/guard", {"messages": SECRET}),
        ("/v2/guard", {"messages": [{"content": SECRET}]}),
        ("/beta/litellm_basic_guardrail_api", {"texts": [SECRET]}),
        ("/beta/litellm_basic_guardrail_api", {"texts": SECRET, "input_type": "request"}),
        ("/v1/moderations", {"input": [SECRET, 7]}),
        ("/v1/moderations", {"input": [{"type": "image_url", "image_url": {"url": SECRET}}]}),
        ("/contentsafety/text:shieldPrompt", {"documents": SECRET}),
        ("/contentsafety/text:shieldPrompt", {}),
        ("/analyze/prompt", {"prompt": [SECRET]}),
        ("/scan/prompt", {"prompt": SECRET, "scanners_suppress": SECRET}),
    ],
)
def test_bad_input_is_named_and_not_quoted(served: Running, path: str, body: object) -> None:
    answer = served.post(path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["error"]["message"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content", [b"", b'{"text": "zanzibar', b"zanzibar", b"[" * 9999, b'{"text": ' + b"9" * 9999 + b"}", b"\xff\xfe"]
)
def test_what_is_not_json_is_refused(served: Running, content: bytes) -> None:
    answer = served.client.post("/guard", content=content)
    assert answer.status_code == 400
    assert SECRET not in answer.text


def test_a_compressed_body_is_refused(served: Running) -> None:
    for path in ("/guard", "/guard/bits", "/guard/stream"):
        answer = served.client.post(path, content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_encoding")


def test_other_paths_and_methods(served: Running) -> None:
    assert served.client.get("/zanzibar").status_code == 404
    assert SECRET not in served.client.get("/zanzibar").text
    assert served.client.get("/guard").status_code == 405
    assert served.client.get("/docs").status_code == 404
    document = served.client.get("/openapi.json").json()
    assert document["paths"]["/guard"]["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_health_and_readiness(served: Running) -> None:
    assert served.client.get("/health").json() == {"status": "ok", "version": "0.1.0", "model": "tiny-0"}
    assert served.client.get("/ready").json() == {"ready": True, "waiting": 0}


def test_request_ids(served: Running) -> None:
    own = served.post("/guard", {"text": ""}, headers={"X-Request-Id": "abc-1"})
    assert own.headers["x-request-id"] == "abc-1"
    odd = served.post("/guard", {"text": ""}, headers={"X-Request-Id": "not fit {for} a log"})
    assert len(odd.headers["x-request-id"]) == 32


def test_metrics(served: Running) -> None:
    before = served.metric("tinyguard_verdicts_total", threat_type="direct_injection", action="block")
    served.post("/guard/batch", {"texts": ["ignore", "ignore the weather", ""]})
    served.client.get(f"/{SECRET}")
    exposed = served.client.get("/metrics").text
    assert served.metric("tinyguard_verdicts_total", threat_type="direct_injection", action="block") == before + 2
    for line in (
        'tinyguard_requests_total{endpoint="/guard/batch",status="200"}',
        'tinyguard_requests_total{endpoint="other",status="404"}',
        'tinyguard_request_seconds_bucket{endpoint="/guard/batch",le="+Inf"}',
        'tinyguard_routes_total{route="fast_only"}',
        'tinyguard_routes_total{route="empty"}',
        "tinyguard_queue_depth 0.0",
        "tinyguard_batch_texts_sum",
        "tinyguard_scan_seconds_count",
    ):
        assert line in exposed
    assert SECRET not in exposed
