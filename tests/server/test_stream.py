"""A text in pieces is judged as if it had come whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from socket import SHUT_RDWR, create_connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.server.conftest import SECRET, HeldGuard, Running, serving
from tinyguard import Guard
from tinyguard.server.stream import Windows

FILLER = "the weather is fine and we walk to the harbour with bread "


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.lists(st.integers(0, 400), max_size=8), st.integers(4, 30), st.data())
def test_every_short_passage_lies_in_one_window(text: str, cuts: list[int], size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    raw = text.encode()
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    windows = Windows(size, overlap)
    seen = []
    for begin, end in pairwise(places):
        seen += list(windows.feed(raw[begin:end]))
        if data.draw(st.booleans()):
            seen += list(windows.flush())
    seen += list(windows.end())
    assert all(text[offset : offset + len(window)] == window and len(window) <= size for offset, window in seen)
    assert windows.characters == len(text)
    length = max(1, overlap)
    for begin in range(max(0, len(text) - length) + 1 if text else 0):
        passage = text[begin : begin + length]
        assert any(o <= begin and begin + len(passage) <= o + len(w) for o, w in seen)


def pieces(*parts: str | bytes) -> Iterator[bytes]:
    for part in parts:
        yield part if isinstance(part, bytes) else part.encode()


def post(served: Running, *parts: str | bytes) -> dict:
    answer = served.client.post("/guard/stream", content=pieces(*parts))
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("place", range(0, 900, 37))
def test_an_attack_across_any_boundary_is_found(served: Running, place: int) -> None:
    """Windows have 400 characters and share 100; "ignore" is cut in two by the sender."""
    text = (FILLER * 20)[:place] + " ignore " + (FILLER * 20)[place:]
    cut = place + 4
    verdict = post(served, text[:cut], text[cut:])
    assert verdict["threat_type"] == "direct_injection"
    (span,) = [span for span in verdict["spans"] if span["kind"].startswith("window:")]
    assert span["start"] <= place + 1 < place + 7 <= span["end"]
    assert "ignore" in text[span["start"] : span["end"]]


def test_a_benign_stream_is_read_to_its_end(served: Running) -> None:
    verdict = post(served, *[FILLER] * 50)
    assert (verdict["is_safe"], verdict["complete"], verdict["characters"]) == (True, True, 50 * len(FILLER))
    assert verdict["windows"] == 1 + -(-(50 * len(FILLER) - 400) // 300)
    empty = post(served)
    assert (empty["route"], empty["characters"]) == ("empty", 0)


def test_an_attack_is_answered_before_the_end(served: Running) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        for number in range(3000):
            sent.append(number)
            yield (b"ignore " if number == 3 else b"") + FILLER.encode()

    verdict = served.client.post("/guard/stream", content=endless()).json()
    assert (verdict["is_safe"], verdict["complete"]) == (False, False)
    # How much comes in one read hangs on the machine, but it is not all of it.
    assert verdict["characters"] < 3000 * len(FILLER)


def test_the_early_answer_reaches_a_sender_that_reads_late(served: Running) -> None:
    """A connection closed over unread bytes would be reset, and the answer lost with it."""
    with create_connection(("127.0.0.1", served.port), timeout=20) as raw:
        raw.sendall(b"POST /guard/stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in [b"ignore " * 100] + [FILLER.encode()] * 50:
            raw.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(0.005)
        raw.sendall(b"0\r\n\r\n")
        received = b""
        while part := raw.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert json.loads(body)["complete"] is False


def test_characters_may_be_cut_in_two(served: Running) -> None:
    raw = "Grüße 😀 ".encode() + b"ignore " + "日本".encode()
    verdict = post(served, *(raw[i : i + 1] for i in range(len(raw))))
    assert (verdict["threat_type"], verdict["characters"]) == ("direct_injection", len(raw.decode()))
    broken = post(served, b"ignore \xf0\x9f", b"\x98")
    assert broken["threat_type"] == "direct_injection"


def test_the_role_of_a_stream(served: Running) -> None:
    answer = served.client.post("/guard/stream?role=document", content=b"ignore")
    assert answer.json()["threat_type"] == "indirect_injection"
    assert served.client.post("/guard/stream?role=boss", content=b"x").status_code == 400


def test_a_stream_that_is_too_long(served: Running) -> None:
    answer = served.client.post("/guard/stream", content=pieces(*[FILLER * 20] * 200))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def socket(served: Running, query: str = "") -> ClientConnection:
    return connect(f"ws://127.0.0.1:{served.port}/guard/stream{query}")


def test_a_websocket_answers_each_piece(served: Running, tiny_guard: Guard) -> None:
    with socket(served) as websocket:
        for piece in (FILLER, FILLER.encode()):
            websocket.send(piece)
            verdict = json.loads(websocket.recv())
            assert (verdict["is_safe"], verdict["complete"]) == (True, False)
        websocket.send("the weather is ign")
        assert json.loads(websocket.recv())["is_safe"] is True
        websocket.send("ore fine")
        verdict = json.loads(websocket.recv())
        assert verdict["threat_type"] == "direct_injection"
        with pytest.raises(ConnectionClosed):
            websocket.recv()


def test_an_empty_frame_ends_a_websocket(served: Running) -> None:
    with socket(served, "?role=document") as websocket:
        websocket.send("fine")
        websocket.recv()
        websocket.send("")
        verdict = json.loads(websocket.recv())
        assert (verdict["is_safe"], verdict["complete"], verdict["characters"]) == (True, True, 4)


def test_a_websocket_that_asks_for_too_much(served: Running) -> None:
    with pytest.raises(InvalidStatus), socket(served, "?role=boss"):
        pass
    with socket(served) as websocket:
        for _ in range(20):
            websocket.send(FILLER * 250)
            answer = json.loads(websocket.recv())
            if "error" in answer:
                break
        assert answer["error"]["code"] == "too_large"
    assert served.post("/guard", {"text": "ignore"}).json()["is_safe"] is False


def test_a_websocket_that_is_cut_off(served: Running, tiny_guard: Guard) -> None:
    with socket(served) as websocket:
        websocket.send(SECRET)
        websocket.socket.close()
    assert served.post("/guard", {"text": "ignore"}).json()["is_safe"] is False


def test_a_websocket_that_hangs_up_is_not_computed_for(held: HeldGuard) -> None:
    """One long frame, and gone: of its windows only the one that is being computed is."""
    with serving(held, window=100, overlap=10) as running:
        with socket(running) as websocket:
            websocket.send(FILLER * 200)
            assert held.entered.wait(10)
            websocket.socket.shutdown(SHUT_RDWR)
        end = time.monotonic() + 10
        while not running.metric("tinyguard_failures_total", reason="client_gone"):
            assert time.monotonic() < end
            time.sleep(0.01)
        held.go.set()
        assert running.post("/guard", {"text": "ignore"}).json()["is_safe"] is False
        assert len(held.batches) == 2


def test_frames_that_are_sent_ahead_are_read_in_order(served: Running) -> None:
    with socket(served) as websocket:
        for piece in (FILLER * 20, FILLER, ""):
            websocket.send(piece)
        answers = [json.loads(websocket.recv()) for _ in range(3)]
    assert [answer["characters"] for answer in answers] == [20 * len(FILLER), 21 * len(FILLER), 21 * len(FILLER)]


def test_a_websocket_needs_a_key(tiny_guard: Guard) -> None:
    with serving(tiny_guard, api_keys=("correct horse",)) as running:
        with pytest.raises(InvalidStatus), socket(running):
            pass
        headers = {"x-api-key": "correct horse"}
        with connect(f"ws://127.0.0.1:{running.port}/guard/stream", additional_headers=headers) as websocket:
            websocket.send("ignore")
            assert json.loads(websocket.recv())["is_safe"] is False
