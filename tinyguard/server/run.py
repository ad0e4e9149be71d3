"""Starting and ending the service: one process, or several that share the port under a parent that watches them."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from tinyguard.guard import Guard
from tinyguard.server import ext_proc, logs
from tinyguard.server.app import create_app
from tinyguard.server.metrics import MULTIPROCESS_FOLDER
from tinyguard.server.service import Service
from tinyguard.server.settings import Settings

BACKLOG = 2048
_RESTART_PAUSE = 1.0


class Server(uvicorn.Server):
    """uvicorn's, which on the first SIGTERM or SIGINT says "not ready" before it stops taking connections."""

    def __init__(self, config: uvicorn.Config, service: Service, processor: Any | None) -> None:
        super().__init__(config)
        self._service = service
        self._processor = processor  # the gRPC server beside it
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining and self._service.settings.workers > 1:
            return  # a group's signal comes once more from the parent, which also ends a worker that takes too long
        if self._loop is None or self._draining:
            self.force_exit = self._draining
            self.should_exit = True
            return
        self._draining = True
        self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        self._service.ready = False
        logs.event("draining", waiting=self._service.depth)
        assert self._loop is not None
        self._loop.call_later(self._service.settings.drain, setattr, self, "should_exit", True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Both servers end at the same time; the batcher, which both need, ends after them (`Service.stop`)."""
        if self._processor is not None:
            self._service.leaving = asyncio.ensure_future(self._processor.stop(self._service.settings.drain_limit))
        await super().shutdown(sockets)


async def serve_here(
    service: Service, listener: socket.socket, started: Callable[[Server], None] | None = None
) -> None:
    """Serve until a signal comes (in the main thread), or until ``should_exit`` is set on the server."""
    settings = service.settings
    config = uvicorn.Config(
        create_app(service), log_config=None, access_log=False, server_header=False, lifespan="on",
        timeout_graceful_shutdown=max(1, round(settings.drain_limit)), ws_max_size=settings.max_body,
        ssl_certfile=settings.tls_certificate, ssl_keyfile=settings.tls_key,
        ssl_ca_certs=str(settings.tls_client_ca) if settings.tls_client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.tls_client_ca else ssl.CERT_NONE,
    )  # fmt: skip
    processor = None
    if settings.ext_proc_port is not None:
        processor, port = await ext_proc.start(service)
        logs.event("ext_proc listening", port=port)
    server = Server(config, service, processor)
    if started is not None:
        started(server)
    try:
        await server.serve([listener])
    finally:
        if processor is not None:
            await processor.stop(0)  # where the end was forced, or the start failed


def listen(settings: Settings) -> socket.socket:
    """The socket that all workers accept from."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, asyncio knows its connections for TCP and sends small packets at once; without, an answer
    # waits up to 40 ms for the client's acknowledgement of its header (Nagle's algorithm).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def serve(settings: Settings) -> None:
    """Run until a signal ends it. Raises what `tinyguard.Guard` raises for a model that cannot be loaded."""
    logs.configure()
    guard = Guard(settings.model, settings.policy, settings.threads)
    listener = listen(settings)
    where = {"host": settings.host, "port": listener.getsockname()[1], "workers": settings.workers}
    logs.event("listening", **where, tls=settings.tls_certificate is not None, keys=len(settings.api_keys))
    if settings.workers == 1:
        asyncio.run(serve_here(Service(guard, settings), listener))
    else:
        del guard  # it was only to be seen that it can be loaded
        _supervise(settings, listener)
    logs.event("stopped")


def _worker(settings: Settings, listener: socket.socket) -> None:
    logs.configure()
    guard = Guard(settings.model, settings.policy, settings.threads)
    asyncio.run(serve_here(Service(guard, settings), listener))


def _supervise(settings: Settings, listener: socket.socket) -> None:
    """Keep the workers alive until a signal comes, then pass it on and wait for them, or until a second one comes."""
    spawn = multiprocessing.get_context("spawn")  # the model's threads do not survive a fork
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: stopping.append(number))
    with tempfile.TemporaryDirectory(prefix="tinyguard-metrics-") as folder:
        os.environ[MULTIPROCESS_FOLDER] = folder
        from prometheus_client import multiprocess as shared

        def start() -> Any:
            process = spawn.Process(target=_worker, args=(settings, listener), name="tinyguard-worker")
            process.start()
            return process

        workers = [start() for _ in range(settings.workers)]
        while not stopping:
            time.sleep(0.1)
            for index, worker in enumerate(workers):
                if not stopping and worker.exitcode is not None:
                    logs.event("worker died", logging.ERROR, worker=worker.pid, exit_status=worker.exitcode)
                    shared.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
                    time.sleep(_RESTART_PAUSE)
                    if not stopping:
                        workers[index] = start()
        for worker in workers:
            worker.terminate()
        last = time.monotonic() + settings.drain + settings.drain_limit + 10
        while len(stopping) < 2 and time.monotonic() < last and any(worker.exitcode is None for worker in workers):
            time.sleep(0.1)
        for worker in workers:
            worker.kill()
            worker.join()
