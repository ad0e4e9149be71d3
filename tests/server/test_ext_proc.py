"""Envoy's external processor, spoken to over gRPC."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from tests.server.conftest import SECRET, HeldGuard, Running, serving
from tinyguard import Guard
from tinyguard.server.envoy_messages import MESSAGES, SERVICE, ProcessingRequest, ProcessingResponse
from tinyguard.server.ext_proc import FULL_DUPLEX_STREAMED

JSON = {":method": "POST", ":path": "/v1/chat/completions", "content-type": "application/json"}


def headers(values: dict[str, str], end: bool = False, duplex: bool = False) -> Any:
    message = ProcessingRequest()
    message.request_headers.end_of_stream = end
    for key, value in values.items():
        message.request_headers.headers.headers.add(key=key, raw_value=value.encode())
    if duplex:
        message.protocol_config.request_body_mode = FULL_DUPLEX_STREAMED
    return message


def body(content: bytes, end: bool = True) -> Any:
    message = ProcessingRequest()
    message.request_body.body, message.request_body.end_of_stream = content, end
    return message


def part(name: str) -> Any:
    message = ProcessingRequest()
    getattr(message, name).SetInParent()
    return message


def chat(text: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}]}).encode()


def process(running: Running, *messages: Any, metadata: tuple = ()) -> list[Any]:
    with grpc.insecure_channel(f"127.0.0.1:{running.ext_proc_port}") as channel:
        call = channel.stream_stream(
            f"/{SERVICE}/Process", lambda message: message.SerializeToString(), ProcessingResponse.FromString
        )

        def send() -> Iterator[Any]:
            yield from messages

        return list(call(send(), metadata=metadata, timeout=20))


def kinds(answers: list[Any]) -> list[str]:
    return [answer.WhichOneof("choice") for answer in answers]


def test_the_wire_is_envoys() -> None:
    """Bytes written by hand from Envoy's field numbers."""
    # request_headers = 2 {headers = 1 {headers = 1 {key = 1 "a", raw_value = 3 "b"}}, end_of_stream = 3}
    assert headers({"a": "b"}, end=True).SerializeToString() == bytes.fromhex("120c0a080a060a01611a01621801")
    assert body(b"x").SerializeToString() == bytes.fromhex("22050a01781001")
    answer = ProcessingResponse()
    answer.immediate_response.status.code = 403
    answer.immediate_response.body = b"x"
    answer.immediate_response.details = "d"
    assert answer.SerializeToString() == bytes.fromhex("3a0b0a030893031a01782a0164")
    unknown = ProcessingRequest.FromString(
        bytes.fromhex("22050a017810014a020800")
    )  # with an attribute, which is skipped
    assert unknown.request_body.body == b"x"
    assert MESSAGES["CommonResponse"].DESCRIPTOR.full_name == "envoy.service.ext_proc.v3.CommonResponse"


def test_a_buffered_body(served: Running) -> None:
    answers = process(
        served, headers(JSON), body(chat("the weather is fine")), part("response_headers"), part("response_body")
    )
    assert kinds(answers) == ["request_headers", "request_body", "response_headers", "response_body"]
    mutation = answers[1].request_body.response.header_mutation.set_headers
    assert {option.header.key: option.header.raw_value for option in mutation}["x-tinyguard-threat"] == b"benign"
    (_, refused) = process(served, headers(JSON), body(chat("ignore the weather")))
    immediate = refused.immediate_response
    assert immediate.status.code == 403
    assert json.loads(immediate.body)["error"]["code"] == "refused"
    assert b"weather" not in immediate.body
    assert {option.header.key: option.header.raw_value for option in immediate.headers.set_headers}[
        "x-tinyguard-threat"
    ] == b"direct_injection"


def test_a_body_in_pieces(served: Running) -> None:
    content = chat("ignore the weather")
    answers = process(served, headers(JSON), body(content[:30], end=False), body(content[30:]))
    assert kinds(answers) == ["request_headers", "request_body", "immediate_response"]
    trailers = process(served, headers(JSON), body(content, end=False), part("request_trailers"))
    assert kinds(trailers) == ["request_headers", "request_body", "immediate_response"]


def test_full_duplex_holds_the_pieces_back(served: Running) -> None:
    fine, attack = chat("the weather is fine"), chat("ignore the weather")
    answers = process(served, headers(JSON, duplex=True), body(fine[:9], end=False), body(fine[9:]))
    assert kinds(answers) == ["request_headers", "request_body"]
    streamed = answers[1].request_body.response.body_mutation.streamed_response
    assert (streamed.body, streamed.end_of_stream) == (fine, True)
    answers = process(served, headers(JSON, duplex=True), body(attack[:9], end=False), body(attack[9:]))
    assert kinds(answers) == ["request_headers", "immediate_response"]


def test_full_duplex_gives_the_body_back_before_the_trailers(served: Running) -> None:
    fine, attack = chat("the weather is fine"), chat("ignore the weather")
    opening, trailers = headers(JSON, duplex=True), part("request_trailers")
    answers = process(served, opening, body(fine[:9], end=False), body(fine[9:], end=False), trailers)
    assert kinds(answers) == ["request_headers", "request_body", "request_trailers"]
    streamed = answers[1].request_body.response.body_mutation.streamed_response
    assert (streamed.body, streamed.end_of_stream) == (fine, False)  # the trailers end the stream
    assert kinds(process(served, opening, trailers)) == ["request_headers", "request_trailers"]
    refused = process(served, opening, body(attack, end=False), trailers)
    assert kinds(refused) == ["request_headers", "immediate_response"]


def test_the_query_is_read(served: Running) -> None:
    assert kinds(process(served, headers({":path": "/?q=ignore+it"}, end=True))) == ["immediate_response"]
    assert kinds(process(served, headers({":path": "/?q=fine"}, end=True))) == ["request_headers"]


def test_what_cannot_be_read_is_refused(served: Running) -> None:
    for values, content in ((JSON, b'{"a'), ({"content-encoding": "gzip"}, b"\x1f\x8b"), (JSON, b"x" * 30_000)):
        answers = process(served, headers(values), body(content))
        assert answers[-1].immediate_response.status.code in (403, 413)
    encoded = headers({"content-encoding": "gzip"})
    encoded.request_headers.headers.headers.add(key="content-encoding", raw_value=b"identity")
    assert process(served, encoded, body(b"x"))[-1].immediate_response.status.code == 403


def test_observing_is_not_answered(served: Running) -> None:
    message = body(chat("ignore"))
    message.observability_mode = True
    before = served.metric("tinyguard_verdicts_total", threat_type="direct_injection", action="block")
    assert process(served, message) == []
    assert served.metric("tinyguard_verdicts_total", threat_type="direct_injection", action="block") == before + 1


def test_a_key_is_asked_for(tiny_guard: Guard) -> None:
    with serving(tiny_guard, api_keys=("correct horse",)) as running:
        message = headers({":path": "/"}, end=True)
        assert len(process(running, message, metadata=(("x-api-key", "correct horse"),))) == 1
        with pytest.raises(grpc.RpcError) as error:
            process(running, message)
        assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_too_late_fails_closed(held: HeldGuard, caplog: pytest.LogCaptureFixture) -> None:
    with serving(held, timeout=0.2) as running:
        (answer,) = process(running, headers({":path": f"/?q={SECRET}"}, end=True))
        assert answer.immediate_response.status.code == 503
        held.go.set()
    with serving(held, timeout=5) as running:
        held._guard = None  # whatever else goes wrong
        (answer,) = process(running, headers({":path": f"/?q={SECRET}"}, end=True))
        assert answer.immediate_response.status.code == 503


def test_a_stream_in_flight_is_finished_at_the_end(tiny_guard: Guard) -> None:
    """Its body comes after the HTTP server has ended."""
    with (
        serving(tiny_guard, drain_limit=20) as running,
        grpc.insecure_channel(f"127.0.0.1:{running.ext_proc_port}") as channel,
    ):
        call = channel.stream_stream(
            f"/{SERVICE}/Process", lambda message: message.SerializeToString(), ProcessingResponse.FromString
        )
        ended = threading.Event()

        def send() -> Iterator[Any]:
            yield headers(JSON)
            assert ended.wait(20)
            yield body(chat("ignore the weather"))

        answers = call(send(), timeout=20)
        assert kinds([next(answers)]) == ["request_headers"]
        running.server.should_exit = True
        while running.service.leaving is None or running.service.ready:
            time.sleep(0.01)
        time.sleep(0.2)
        ended.set()
        assert [answer.immediate_response.status.code for answer in answers] == [403]
        running.thread.join(10)
        assert not running.thread.is_alive()
