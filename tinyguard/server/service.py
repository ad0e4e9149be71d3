"""The one function behind every endpoint: texts and roles in, verdicts out, or a defined refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tinyguard import judge
from tinyguard.guard import Guard
from tinyguard.policy import ROLES
from tinyguard.server.batcher import Batcher
from tinyguard.server.errors import ClientGone, ServiceError, bad_request, too_large, unavailable
from tinyguard.server.metrics import Metrics
from tinyguard.server.settings import Settings
from tinyguard.verdict import ACTION_CODES, Verdict

Watch = Callable[[], Awaitable[Any]]


class Service:
    """Scans for one process. ``ready`` is set while the process wants traffic; ``leaving`` ends with the last server
    that may still ask."""

    def __init__(self, guard: Guard, settings: Settings) -> None:
        self.guard = guard
        self.settings = settings
        self.metrics = Metrics()
        self.ready = False
        self.leaving: asyncio.Future[Any] | None = None
        info = guard.info()["model"]
        self.model = f"{info['name']}-{info['version']}"
        self._batcher = Batcher(guard, settings, self.metrics)

    async def start(self) -> None:
        self._batcher.start()
        await asyncio.get_running_loop().run_in_executor(None, self.guard.classify, "warm up")
        self.ready = True

    async def stop(self) -> None:
        self.ready = False
        if self.leaving is not None:
            await self.leaving
        await self._batcher.stop()

    @property
    def depth(self) -> int:
        """Texts that wait or are computed."""
        return self._batcher.depth

    async def scan(self, texts: Sequence[str], roles: Sequence[str], gone: Watch | None = None) -> list[Verdict]:
        """Verdicts in order.

        ``gone`` returns when the client has hung up: what still waits is then dropped and ClientGone raised. A
        ServiceError is raised with status 413 for too many texts, 429 where there is no room for them, and 503 where
        the guard failed or was too late, unless the service fails open: then the verdict for such a text is "allow" by
        the route "fail_open", and the others keep theirs.
        """
        if not texts:
            return []
        if len(texts) > self.settings.max_texts:
            raise too_large(f"at most {self.settings.max_texts} texts in one request")
        verdicts = []
        for role, outcome in zip(roles, await self._outcomes(texts, roles, gone), strict=True):
            if not isinstance(outcome, Verdict) and not self.settings.fail_open:
                raise outcome
            verdicts.append(outcome if isinstance(outcome, Verdict) else self.passed(role))
        self.metrics.count(verdicts)
        return verdicts

    async def _outcomes(
        self, texts: Sequence[str], roles: Sequence[str], gone: Watch | None
    ) -> list[Verdict | BaseException]:
        """A verdict for each text, or why there is none."""
        answers = self._batcher.submit(texts, roles)
        everything = asyncio.gather(*answers, return_exceptions=True)
        watcher = asyncio.ensure_future(gone()) if gone is not None else None
        waiting = {everything, watcher} if watcher is not None else {everything}
        try:
            await asyncio.wait(waiting, timeout=self.settings.timeout, return_when=asyncio.FIRST_COMPLETED)
            if watcher is not None and watcher.done() and not everything.done():
                self.metrics.failures.labels("client_gone").inc(len(texts))
                raise ClientGone
            late = unavailable(f"no verdict within {self.settings.timeout:g} s")
            self.metrics.failures.labels("timeout").inc(sum(not answer.done() for answer in answers))
            return [(answer.exception() or answer.result()) if answer.done() else late for answer in answers]
        finally:
            if watcher is not None:
                watcher.cancel()
            if not everything.done():
                everything.cancel()  # what still waits is not computed
                await asyncio.gather(everything, return_exceptions=True)

    async def scan_soon(self, text: str, role: str, gone: Watch | None = None) -> Verdict:
        """One window of a stream: where there is no room it waits for some, and so does the stream's sender."""
        give_up = asyncio.get_running_loop().time() + self.settings.timeout
        while True:
            try:
                return (await self.scan([text], [role], gone))[0]
            except ServiceError as error:
                if error.status != 429 or asyncio.get_running_loop().time() >= give_up:
                    raise
                await asyncio.sleep(0.02)

    def passed(self, role: str) -> Verdict:
        """What a service that fails open says of a text that it could not judge."""
        threshold = self.guard.policy.bands(role).threshold
        return judge.verdict(0.0, threshold, "uncertain", 0, "allow", "fail_open", 0.0)

    def refuses(self, verdict: Verdict) -> bool:
        """Whether a gateway should refuse a text. "flag" on a text in which no threat was found is only a note."""
        if verdict.is_safe and verdict.action == "flag":
            return False
        return ACTION_CODES[verdict.action] >= ACTION_CODES[self.settings.refuse]

    def check_role(self, role: object) -> str:
        if not isinstance(role, str) or role not in ROLES:
            raise bad_request(f"role must be one of {', '.join(ROLES)}")
        return role
