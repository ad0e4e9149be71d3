"""`tinyguard serve` as a process: start, several workers, signals, wrong usage, the missing extra."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import ROOT, command
from tinyguard.server.run import listen
from tinyguard.server.settings import Settings


class Process:
    """`tinyguard serve`, and what it logs."""

    def __init__(self, folder: Path, *arguments: object, start_new_session: bool = False) -> None:
        whole = command("serve", "--port", 0, *arguments, "--model", folder)
        self.process = subprocess.Popen(
            whole, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=start_new_session,
        )  # fmt: skip
        self.log: list[dict] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.port = self.wait_for("listening")["port"]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)
        while True:
            try:
                if self.client.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None
            time.sleep(0.1)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))

    def wait_for(self, name: str, count: int = 1) -> dict:
        end = time.monotonic() + 100
        while time.monotonic() < end:
            found = [entry for entry in list(self.log) if entry["event"] == name]
            if len(found) >= count:
                return found[count - 1]
            assert self._reader.is_alive(), self.log
            time.sleep(0.02)
        raise AssertionError(name)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        status = self.process.wait(100)
        self._reader.join()
        return status

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def started(folder: Path, *arguments: object, start_new_session: bool = False) -> Iterator[Process]:
    process = Process(folder, *arguments, start_new_session=start_new_session)
    try:
        yield process
    finally:
        process.close()


def test_one_process(tiny_folder: Path) -> None:
    with started(tiny_folder, "--timeout", 30) as process:
        assert process.client.post("/guard", json={"text": "ignore"}).json()["threat_type"] == "direct_injection"
        long = "the weather is fine and we walk to the harbour " * 20_000
        with ThreadPoolExecutor(1) as pool:
            in_flight = pool.submit(
                httpx.post, f"http://127.0.0.1:{process.port}/guard", json={"text": long}, timeout=60
            )
            while process.client.get("/ready").json()["waiting"] == 0:
                assert not in_flight.done()
            assert process.end(signal.SIGTERM) == 0
            assert in_flight.result().json()["is_safe"] is True
        assert process.log[-1]["event"] == "stopped"


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """asyncio turns Nagle's algorithm off only for sockets whose protocol is named; a connection takes its listener's."""
    with (
        listen(Settings(port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.proto == socket.IPPROTO_TCP


def test_several_workers(tiny_folder: Path) -> None:
    with started(tiny_folder, "--workers", 2) as process:
        process.wait_for("Application startup complete.", 2)
        for _ in range(20):
            with httpx.Client(base_url=f"http://127.0.0.1:{process.port}", timeout=60) as client:
                assert client.post("/guard", json={"text": "ignore"}).json()["is_safe"] is False
        served = {entry["process"] for entry in process.log if entry["event"] == "request"}
        assert served <= {
            entry["process"] for entry in process.log if entry["event"] == "Application startup complete."
        }
        exposed = process.client.get("/metrics").text  # of both workers, whichever answers
        assert 'tinyguard_requests_total{endpoint="/guard",status="200"} 20.0' in exposed
        victim = process.log[[entry["event"] for entry in process.log].index("Application startup complete.")][
            "process"
        ]
        os.kill(victim, signal.SIGKILL)
        assert process.wait_for("worker died")["worker"] == victim
        process.wait_for("Application startup complete.", 3)
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port}", timeout=60) as client:
            assert client.post("/guard", json={"text": "ignore"}).json()["is_safe"] is False
        assert process.end(signal.SIGINT) == 0
        assert process.log[-1]["event"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_drains(tiny_folder: Path, number: int) -> None:
    """As Ctrl-C in a terminal: the workers hear it, and once more from their parent."""
    with (
        started(tiny_folder, "--workers", 2, "--drain", 1, start_new_session=True) as process,
        socket.create_connection(("127.0.0.1", process.port), timeout=60) as in_flight,
    ):
        process.wait_for("Application startup complete.", 2)
        in_flight.sendall(b'POST /guard HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n{"text": ')
        time.sleep(0.5)
        os.killpg(process.process.pid, number)
        process.wait_for("draining", 2)
        time.sleep(0.5)
        in_flight.sendall(b'"ignore"}')
        assert in_flight.recv(65536).startswith(b"HTTP/1.1 200")
        assert process.process.wait(60) == 0


def test_a_second_signal_ends_the_workers_at_once(tiny_folder: Path) -> None:
    with (
        started(tiny_folder, "--workers", 2, "--drain", 300) as process,
        socket.create_connection(("127.0.0.1", process.port)),
    ):
        process.wait_for("Application startup complete.", 2)
        process.process.send_signal(signal.SIGTERM)
        process.wait_for("draining", 2)
        assert process.end(signal.SIGTERM) == 0


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tinyguard.cli import main

    empty = tmp_path / "keys"
    empty.write_text("# none yet\n")
    for arguments, complaint in (
        (["--api-keys", str(empty)], "there is none"),
        (["--api-keys", str(tmp_path / "missing")], "no such file"),
        (["--tls-certificate", str(empty)], "TLS needs both"),
        (["--scan-roles", "boss"], "scan_roles"),
        (["--max-texts", "9999"], "max_texts"),
        (["--port", "70000"], "port must be"),
        (["--port", "-5"], "port must be"),
        (["--ext-proc-port", "70000"], "ext_proc_port must be"),
        (["--ext-proc-port", "-5"], "ext_proc_port must be"),
    ):
        assert main(["serve", *arguments]) == 2
        assert complaint in capsys.readouterr().err


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run(command("serve", "--model", tmp_path), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"model.json" in done.stderr


def test_without_the_extra(tiny_folder: Path) -> None:
    """Neither the package nor the other commands import what serves; without it, serve says what to install."""
    program = """
import sys
from tinyguard.cli import main
for name in ("fastapi", "uvicorn", "grpc", "prometheus_client"):
    sys.modules[name] = None
print(main(["scan", "ignore", "--model", sys.argv[1]]), main(["serve", "--model", sys.argv[1]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tiny_folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "3 2"
    assert "pip install 'tinyguard[serve]'" in done.stderr


@pytest.mark.parametrize("source", ["file", "variable"])
def test_keys_come_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    from tinyguard.cli import parser
    from tinyguard.cli.serve import settings_of

    monkeypatch.delenv("TINYGUARD_API_KEYS", raising=False)
    arguments = ["serve"]
    if source == "file":
        file = tmp_path / "keys"
        file.write_text("# ours\nfirst-key\n\n  # theirs\n second-key \n")
        arguments += ["--api-keys", str(file)]
    else:
        monkeypatch.setenv("TINYGUARD_API_KEYS", "first-key, second-key")
    assert settings_of(parser().parse_args(arguments)).api_keys == ("first-key", "second-key")
