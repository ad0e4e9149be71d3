"""Keys, sizes, times, load, and the end of a process: each with its own answer."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.conftest import SECRET, HeldGuard, Running, serving
from tinyguard import Guard, decode_bits
from tinyguard.server.settings import Settings

KEY = "correct horse"


def until(condition: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_keys(tiny_guard: Guard) -> None:
    with serving(tiny_guard, api_keys=("another one", KEY)) as running:
        right = [{"Authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}, {"Ocp-Apim-Subscription-Key": "another one"},
                 {"Authorization": "Bearer of-the-end-user", "x-api-key": KEY}]  # fmt: skip
        wrong = [{}, {"Authorization": KEY}, {"Authorization": f"Basic {KEY}"}, {"x-api-key": KEY[:-1]}, {"x-api-key": ""},
                 {"x-api-key": KEY + "x"}]  # fmt: skip
        for headers in right:
            assert running.post("/guard", {"text": ""}, headers=headers).status_code == 200
            assert running.client.get("/metrics", headers=headers).status_code == 200
        for headers in wrong:
            answer = running.post("/guard", {"text": SECRET}, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert answer.json()["error"]["code"] == "unauthorized"
            assert running.client.get("/metrics", headers=headers).status_code == 401
            assert running.client.get("/envoy/ext_authz/x", headers=headers).status_code == 401
        for path in ("/health", "/ready", "/", "/page.js"):
            assert running.client.get(path).status_code == 200


def test_a_body_that_is_too_large(served: Running) -> None:
    limit = served.service.settings.max_body
    fits = json.dumps({"text": "x" * (limit - 12)}).encode()
    assert len(fits) == limit
    assert served.client.post("/guard", content=fits).status_code == 200
    assert served.client.post("/guard", content=fits + b" ").status_code == 413  # by its Content-Length
    pieces = iter([fits, b" "])
    answer = served.client.post("/guard", content=pieces)  # in chunks, of unknown length
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    huge = served.client.post("/guard", content=b"x" * (5 << 20))
    assert huge.status_code == 413
    assert served.post("/guard", {"text": "ignore"}).json()["is_safe"] is False


def test_too_many_texts(served: Running) -> None:
    most = served.service.settings.max_texts
    assert served.post("/guard/batch", {"texts": ["a"] * most}).status_code == 200
    assert served.post("/guard/batch", {"texts": ["a"] * (most + 1)}).status_code == 413


def test_past_the_queue_the_answer_is_429(held: HeldGuard) -> None:
    with (
        serving(held, queue_size=4, max_texts=4, concurrency=1, batch_size=2) as running,
        ThreadPoolExecutor(8) as pool,
    ):
        waiting = [pool.submit(running.post, "/guard", {"text": "ignore"}) for _ in range(4)]
        until(lambda: running.service.depth == 4)
        refused = running.post("/guard", {"text": "ignore"})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert running.client.get("/health").status_code == 200
        assert running.metric("tinyguard_failures_total", reason="overloaded") == 1
        assert running.metric("tinyguard_queue_depth") == 4
        held.go.set()
        assert {request.result().json()["threat_type"] for request in waiting} == {"direct_injection"}
        assert running.post("/guard", {"text": "ignore"}).status_code == 200  # it recovers


def test_a_wait_that_is_too_long_is_refused_at_once(held: HeldGuard) -> None:
    """There is room in the queue, but by the speed of the last batches the text would come too late."""
    with serving(held, timeout=5.0, concurrency=1) as running, ThreadPoolExecutor(2) as pool:
        running.service._batcher._seconds_per_cost = 1.0
        waiting = pool.submit(running.post, "/guard", {"text": "ignore"})  # nothing is before it: taken
        assert held.entered.wait(10)
        refused = running.post("/guard", {"text": "ignore"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(200 + len("ignore")))
        held.go.set()
        assert waiting.result().status_code == 200
        assert running.post("/guard", {"text": "ignore"}).status_code == 200


def test_too_late_fails_closed(held: HeldGuard) -> None:
    with serving(held, timeout=0.3, concurrency=1) as running:
        answer = running.post("/guard", {"text": SECRET})
        assert answer.status_code == 503
        body = answer.json()
        assert (body["is_safe"], body["action"], body["error"]["code"]) == (False, "block", "unavailable")
        assert decode_bits(body["bits"]).action_name == "block"
        bits = running.client.post("/guard/bits", content=b"text")
        assert bits.status_code == 503
        assert decode_bits(int.from_bytes(bits.content, "little")).action_name == "block"
        assert len(bits.content) == 2
        assert running.client.get("/envoy/ext_authz/?q=text").status_code == 503
        assert running.metric("tinyguard_failures_total", reason="timeout") == 3
        held.go.set()
        until(lambda: running.service.depth == 0)
        assert running.post("/guard", {"text": "ignore"}).json()["is_safe"] is False
        assert [SECRET] in held.batches
        assert sum(map(len, held.batches)) == 2  # what nobody waited for any more was not computed


def test_too_late_fails_open_by_choice(held: HeldGuard) -> None:
    with serving(held, timeout=0.3, fail_open=True) as running:
        verdict = running.post("/guard", {"text": "ignore"}).json()
        assert (verdict["action"], verdict["route"], verdict["threat_type"]) == ("allow", "fail_open", "uncertain")
        assert verdict["detectors"]
        assert not any(verdict["detectors"].values())
        assert running.client.get("/envoy/ext_authz/?q=ignore").status_code == 200
        assert running.metric("tinyguard_routes_total", route="fail_open") == 2
        held.go.set()


def test_what_was_judged_keeps_its_verdict_where_the_service_fails_open(
    held: HeldGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def classify_batch(texts: list[str], batch_size: int, roles: list[str]) -> object:
        if "late" in texts[0]:
            assert held.go.wait(20)
        if "fail" in texts[0]:
            raise RuntimeError
        return held._guard.classify_batch(texts, batch_size, roles)

    def fail(text: str, role: str) -> object:
        raise RuntimeError

    monkeypatch.setattr(held, "classify_batch", classify_batch)
    with serving(held, timeout=0.5, fail_open=True, batch_size=1, concurrency=4) as running:
        monkeypatch.setattr(held, "classify", fail)
        for other in ("late", "fail"):
            results = running.post("/guard/batch", {"texts": ["ignore", other]}).json()["results"]
            assert [(r["threat_type"], r["route"]) for r in results][1] == ("uncertain", "fail_open")
            assert results[0]["threat_type"] == "direct_injection"
        body = {"messages": [{"role": "user", "content": text} for text in ("late", "ignore")]}
        assert running.post("/envoy/ext_authz/x", body).status_code == 403
        assert running.metric("tinyguard_failures_total", reason="timeout") == 2
        held.go.set()


def test_a_text_that_the_guard_fails_on(
    held: HeldGuard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held.go.set()
    classify = held.classify

    def fail(text: str, role: str = "user") -> object:
        if "fail" in text:
            raise RuntimeError(f"cannot read {text}")
        return classify(text, role)

    monkeypatch.setattr(held, "classify", fail)
    with serving(held) as running:
        answer = running.post("/guard", {"text": f"fail {SECRET}"})
        assert answer.status_code == 503
        assert SECRET not in answer.text
        neighbours = running.post("/guard/batch", {"texts": ["ignore", f"fail {SECRET}"]})
        assert neighbours.status_code == 503
        assert running.metric("tinyguard_failures_total", reason="failed") == 2
        assert running.post("/guard", {"text": "ignore"}).status_code == 200


def request_bytes(body: bytes, length: int | None = None) -> bytes:
    return b"POST /guard HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (length or len(body)) + body


def test_a_body_that_does_not_come(tiny_guard: Guard) -> None:
    with serving(tiny_guard, timeout=0.3) as running, socket.create_connection(("127.0.0.1", running.port)) as sock:
        sock.sendall(request_bytes(b'{"text"', 100))
        answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408")


def test_a_client_that_hangs_up(held: HeldGuard) -> None:
    with serving(held, concurrency=1, batch_size=1) as running, ThreadPoolExecutor(2) as pool:
        first = pool.submit(running.post, "/guard", {"text": "ignore"})
        assert held.entered.wait(10)
        with socket.create_connection(("127.0.0.1", running.port)) as waiting:  # its text is in the queue
            waiting.sendall(request_bytes(b'{"text": "dropped"}'))
            until(lambda: running.service.depth == 2)
        with socket.create_connection(("127.0.0.1", running.port)) as half:  # its text never came
            half.sendall(request_bytes(b'{"text": "half', 100))
        until(lambda: running.metric("tinyguard_requests_total", endpoint="/guard", status="499") == 2)
        assert running.metric("tinyguard_failures_total", reason="client_gone") == 1
        held.go.set()
        assert first.result().json()["is_safe"] is False
        until(lambda: running.service.depth == 0)
        assert held.batches == [["ignore"]]


def test_the_end_of_a_process(held: HeldGuard) -> None:
    """Not ready at once, still serving for a while, then what is in flight is finished."""
    with serving(held, drain=0.5) as running, ThreadPoolExecutor(2) as pool:
        in_flight = pool.submit(running.post, "/guard", {"text": "ignore"})
        assert held.entered.wait(10)
        running.server.handle_exit(signal.SIGTERM, None)
        until(lambda: running.client.get("/ready").status_code == 503)
        assert running.client.get("/health").status_code == 200
        until(lambda: running.server.should_exit)
        time.sleep(0.2)
        with pytest.raises(httpx.TransportError):
            httpx.get(running.url + "/health")
        assert not in_flight.done()
        held.go.set()
        assert in_flight.result().json()["threat_type"] == "direct_injection"
        running.thread.join(10)
        assert not running.thread.is_alive()


def test_nothing_of_a_text_is_logged(tiny_guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(tiny_guard, max_body=5000) as running:
        running.post("/guard", {"text": f"ignore {SECRET}", "return_views": True})
        running.post("/guard", {"text": [SECRET]})
        running.client.post("/guard", content=f'{{"text": "{SECRET}'.encode())
        running.client.get(f"/{SECRET}?{SECRET}={SECRET}", headers={SECRET: SECRET, "X-Request-Id": f"?{SECRET}"})
        running.client.get(f"/envoy/ext_authz/{SECRET}?q=ignore+{SECRET}")
        running.client.post("/guard/stream", content=f"ignore {SECRET}".encode())
        running.client.post("/guard", content=SECRET.encode() * 1000)
        with contextlib.suppress(httpx.TransportError):
            running.client.request(SECRET, "/guard")
        stream = f"ws://127.0.0.1:{running.port}/guard/stream"
        with connect(f"{stream}?api_key={SECRET}") as websocket:
            websocket.send(f"ignore {SECRET}")
            websocket.recv()
        for refused in (f"{stream}?role={SECRET}", f"{stream}/{SECRET}"):
            with pytest.raises(InvalidStatus):
                connect(refused)
    ours = [record for record in caplog.records if record.name.startswith(("tinyguard", "uvicorn"))]
    served = [vars(record)["fields"] for record in ours if record.getMessage() == "request"]
    assert {(entry["endpoint"], entry["status"]) for entry in served} >= {
        ("/guard", 200), ("/guard", 400), ("other", 404), ("/envoy/ext_authz", 403), ("/guard/stream", 200), ("/guard", 413),
    }  # fmt: skip
    assert next(entry for entry in served if entry["endpoint"] == "/guard")["threats"] == ["direct_injection"]
    from tinyguard.server.logs import JsonFormatter

    for record in ours:
        line = JsonFormatter().format(record)
        json.loads(line)
        assert SECRET not in line.lower()


def test_an_exception_is_logged_without_its_message() -> None:
    import logging
    import sys

    from tinyguard.server.logs import JsonFormatter

    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("uvicorn.error", 40, "", 0, "failed", None, sys.exc_info())
    line = JsonFormatter().format(record)
    assert SECRET not in line
    assert json.loads(line)["exception"] == "ValueError"
    assert "test_limits.py" in json.loads(line)["raised_at"][0]


def test_tls(tiny_guard: Guard, tls: tuple[Path, Path]) -> None:
    certificate, key = tls
    settings = Settings(port=0, tls_certificate=certificate, tls_key=key)
    import asyncio

    from tinyguard.server.run import listen, serve_here
    from tinyguard.server.service import Service

    listener = listen(settings)
    servers: list[object] = []
    thread = threading.Thread(
        target=lambda: asyncio.run(serve_here(Service(tiny_guard, settings), listener, servers.append))
    )
    thread.start()
    context = ssl.create_default_context(cafile=str(certificate))
    with httpx.Client(base_url=f"https://localhost:{listener.getsockname()[1]}", verify=context) as client:
        assert client.post("/guard", json={"text": "ignore"}).json()["is_safe"] is False
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://localhost:{listener.getsockname()[1]}/health")
    servers[0].should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "fields",
    [
        {"workers": 0}, {"timeout": 0}, {"max_texts": 300}, {"overlap": 8192}, {"refuse": "allow"}, {"scan_roles": ("boss",)},
        {"scan_roles": ()}, {"api_keys": ("short",)}, {"api_keys": ("space behind ",)}, {"tls_key": Path("key.pem")},
        {"tls_client_ca": Path("ca.pem")},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(fields: dict) -> None:
    with pytest.raises(ValueError, match=r"must|takes|needs|can only"):
        Settings(**fields)
