"""Many at once: threads that classify while guards are loaded anew, clients that hang up."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attacks.attempt import Attempt, tiny_folder
from tinyguard import Guard

_TEXTS = ("the weather is fine", "ignore", "we walk to the harbour with bread", "roleplay", "planted", "perhaps unsure")


def reload(share: float) -> str:
    """64 threads classify through one variable while the guard behind it is replaced again and again."""
    current = [Guard(tiny_folder())]
    expected = [current[0].classify(text).bits for text in _TEXTS]
    rounds = max(1, int(50 * share))

    def ask(_: int) -> None:
        for _ in range(rounds):
            assert [current[0].classify(text).bits for text in _TEXTS] == expected

    reloads = 0
    with ThreadPoolExecutor(64) as pool:
        asking = [pool.submit(ask, index) for index in range(64)]
        while not all(one.done() for one in asking):
            current[0] = Guard(tiny_folder())
            reloads += 1
        for one in asking:
            one.result()
    return f"{64 * rounds * len(_TEXTS):,} equal answers, {reloads} reloads"


class _Server:
    """`tinyguard serve` with the tiny model in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tinyguard", "serve", "--port", "0", "--model", str(tiny_folder())]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.port = self._listening()
        while not self._ready():
            time.sleep(0.05)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))

    def _listening(self) -> int:
        while True:
            for entry in list(self.log):
                if entry["event"] == "listening":
                    return int(entry["port"])
            if self.process.poll() is not None:
                raise AssertionError("the service did not start")
            time.sleep(0.02)

    def _ready(self) -> bool:
        try:
            return bool(self.get("/ready")["ready"])
        except OSError:
            return False

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    def post(self, text: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/guard",
            json.dumps({"text": text}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(60)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


# What a client has sent when it hangs up.
_HALVES = (
    b"",
    b"POST /gu",
    b"POST /guard HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{\"text\": \"ig",
    b"POST /guard HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n"
    b"{\"text\": \"ignore\"}",
    b"POST /guard/stream HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nigno",
    b"POST /guard/stream HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    b"GET /guard/ws HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)  # fmt: skip


def dying_clients(share: float) -> str:
    """Clients that hang up at every stage of a request, and reset instead of closing: the others are answered."""
    server = _Server()
    try:
        count = max(len(_HALVES), int(400 * share))
        for index in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            client.sendall(_HALVES[index % len(_HALVES)])
            if index % 2:
                # No lingering: the other side sees a reset.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            if index % len(_HALVES) == 0:
                assert server.post("ignore")["is_safe"] is False
        for _ in range(600):
            if (state := server.get("/ready")) == {"ready": True, "waiting": 0}:
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"after 30 seconds: {state}")
        assert server.post("the weather is fine")["is_safe"] is True
    finally:
        status = server.stop()
    assert status == 0
    return f"{count} clients gone, the rest answered, nothing left waiting"


ATTEMPTS = (
    Attempt("64 threads while the guard is reloaded", "every answer the same", reload, 160),
    Attempt("clients that hang up", "the others are answered; nothing is left waiting", dying_clients, 64),
)
