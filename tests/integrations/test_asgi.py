"""The middleware, spoken to in ASGI itself: no server and no framework."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.integrations.doubles import ATTACK, BENIGN, Broken, Watched
from tinyguard.integrations.asgi import TinyGuardMiddleware


class Echo:
    """An application that answers with the body that it got."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await send({"type": "seen", "scope": scope["type"]})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
        assert (await receive())["type"] == "http.disconnect"


def request(
    app: Any, body: object, path: str = "/v1/chat/completions", headers: list[tuple[bytes, bytes]] | None = None
) -> tuple[int, bytes]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    # In three chunks, as a network might bring it.
    third = len(raw) // 3
    chunks = [raw[:third], raw[third : 2 * third], raw[2 * third :]]
    inbox = [{"type": "http.request", "body": c, "more_body": i < 2} for i, c in enumerate(chunks)]
    inbox.append({"type": "http.disconnect"})
    outbox: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return inbox.pop(0)

    async def send(message: dict[str, Any]) -> None:
        outbox.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": headers or []}
    asyncio.run(app(scope, receive, send))
    return outbox[0]["status"], b"".join(m["body"] for m in outbox[1:])


def chat(*contents: tuple[str, object]) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": role, "content": content} for role, content in contents]}


def test_a_benign_request_arrives_unchanged(watched: Watched) -> None:
    echo = Echo()
    body = chat(("system", "you ignore nothing"), ("user", BENIGN), ("assistant", "ignore"), ("tool", "bread"))
    assert request(TinyGuardMiddleware(echo, watched), body) == (200, json.dumps(body).encode())
    assert watched.seen == [(BENIGN, "user"), ("bread", "tool")]


@pytest.mark.parametrize(
    ("body", "threat"),
    [
        (chat(("user", BENIGN), ("user", ATTACK)), "direct_injection"),
        (chat(("user", BENIGN), ("tool", ATTACK)), "indirect_injection"),
        (chat(("user", [{"type": "text", "text": BENIGN}, {"type": "text", "text": ATTACK}])), "direct_injection"),
        ({"prompt": [BENIGN, ATTACK]}, "direct_injection"),
        ({"input": [{"type": "function_call_output", "output": ATTACK}]}, "indirect_injection"),
        ({"input": [{"type": "shell_call_output", "output": [{"stdout": ATTACK}]}]}, "indirect_injection"),
        ({"prompt": {"id": "pmpt_1", "variables": {"x": ATTACK}}}, "direct_injection"),
    ],
)
def test_an_attack_never_reaches_the_application(watched: Watched, body: object, threat: str) -> None:
    echo = Echo()
    status, answer = request(TinyGuardMiddleware(echo, watched), body)
    error = json.loads(answer)["error"]
    assert (status, error["threat_type"], error["action"]) == (400, threat, "block")
    assert b"harbour" not in answer
    assert echo.bodies == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"not json, but harbour", None, 400),
        (b"[1, 2]", None, 400),
        (b'{"prompt": "ignore", "prompt": "bread"}', None, 400),
        (b'{"messages": [{"role": "user", "content": "ignore", "content": "bread"}]}', None, 400),
        (b"[" * 100_000, None, 400),
        (b"\xff\xfe\x00", None, 400),
        (b'{"prompt": [1, 2, 3]}', None, 400),
        (b'{"input": [[1, 2], [3]]}', None, 400),
        (b'{"prompt": ["bread", [1]]}', None, 400),
        (b"{}", [(b"Content-Encoding", b"gzip")], 415),
        (b'{"prompt": "' + b"a " * 600 + b'"}', None, 413),
    ],
)
def test_what_cannot_be_read_is_not_let_through(
    watched: Watched, body: bytes, headers: list[tuple[bytes, bytes]] | None, status: int
) -> None:
    echo = Echo()
    got, answer = request(
        TinyGuardMiddleware(echo, watched, max_bytes=1000) if status == 413 else TinyGuardMiddleware(echo, watched),
        body,
        headers=headers,
    )
    assert (got, echo.bodies) == (status, [])
    assert b"harbour" not in answer


def test_a_guard_that_fails_stops_the_request_unless_told_otherwise(broken: Broken) -> None:
    closed, opened = Echo(), Echo()
    status, answer = request(TinyGuardMiddleware(closed, broken), chat(("user", BENIGN)))
    assert (status, closed.bodies, b"harbour" in answer) == (400, [], False)
    assert request(TinyGuardMiddleware(opened, broken, fail_open=True), chat(("user", BENIGN)))[0] == 200


def test_paths_and_fields_are_configurable(watched: Watched) -> None:
    echo = Echo()
    app = TinyGuardMiddleware(echo, watched, paths=["/ask"], fields=["question"])
    assert request(app, {"prompt": ATTACK}, "/v1/completions")[0] == 200
    assert request(app, {"question": ATTACK}, "/ask/it")[0] == 400
    assert request(TinyGuardMiddleware(echo, watched, paths=None), {"prompt": ATTACK}, "/anything")[0] == 400


@pytest.mark.parametrize("root", ["/api", "/api/", "/api/v2", ""])
def test_a_mount_is_no_way_around(watched: Watched, root: str) -> None:
    """In ASGI the path holds the mount's prefix too."""
    app = TinyGuardMiddleware(Echo(), watched)

    def status(app: Any, path: str) -> int:
        async def mounted(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "root_path": root}, receive, send)

        return request(mounted, {"prompt": ATTACK}, path)[0]

    assert status(app, root.rstrip("/") + "/v1/completions") == 400
    assert status(app, "/v1/completions") == 400  # a server that leaves the prefix out
    assert status(app, "/other") == 200
    assert status(TinyGuardMiddleware(Echo(), watched, paths=["/api/v2/ask"]), "/api/v2/ask") == 400


def test_other_scopes_and_empty_bodies_pass(watched: Watched) -> None:
    app = TinyGuardMiddleware(Echo(), watched)
    assert request(app, b"") == (200, b"")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "lifespan"}, None, send))
    assert sent == [{"type": "seen", "scope": "lifespan"}]


def test_a_client_that_goes_away_is_not_answered(watched: Watched) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    asyncio.run(
        TinyGuardMiddleware(Echo(), watched)({"type": "http", "path": "/v1/completions", "headers": []}, receive, None)
    )
    assert watched.seen == []


def test_in_starlette(watched: Watched) -> None:
    applications = pytest.importorskip("starlette.applications")
    client = pytest.importorskip("starlette.testclient", exc_type=ImportError)
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def ask(request: Any) -> JSONResponse:
        return JSONResponse(await request.json())

    app = applications.Starlette(routes=[Route("/v1/completions", ask, methods=["POST"])])
    app.add_middleware(TinyGuardMiddleware, guard=watched)
    with client.TestClient(app) as session:
        assert session.post("/v1/completions", json={"prompt": BENIGN}).json() == {"prompt": BENIGN}
        assert session.post("/v1/completions", json={"prompt": ATTACK}).status_code == 400
