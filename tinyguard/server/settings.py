"""What an operator can choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyguard.policy import Policy
from tinyguard.verdict import ACTION_CODES

# Whose messages of a conversation are read. The operator wrote the system prompt and the model the assistant's turns.
CONVERSATION_ROLES = ("user", "tool", "system", "assistant")


@dataclass(frozen=True, slots=True)
class Settings:
    """The service's configuration. Times are in seconds, sizes in bytes unless the name says otherwise.

    host, port          where to listen; port 0 takes a free one
    workers             processes that share the port
    model, policy       what `tinyguard.Guard` takes
    threads             batches that one call of the model computes at the same time
    concurrency         batches that one process computes at the same time
    batch_size          texts in one batch at most
    batch_wait          how long after its arrival a text may wait for others to fill a batch, under load
    queue_size          texts of one process that wait or are computed; past it the answer is 429
    max_body            a request's body; past it the answer is 413
    max_texts           texts in one request
    max_stream          a stream's bytes in all; its memory is bounded by ``window``
    window, overlap     characters of a stream that are scanned together, and that neighbours share
    timeout             for reading a body and for one scan
    fail_open           answer "allow" where the guard fails or is too late; otherwise 503 with a blocked verdict
    refuse              the mildest action that a gateway's request is refused for: flag, review or block
    scan_roles          whose messages of a conversation are read
    api_keys            any of these opens the service; none: open to all
    tls_*               PEM files
    ext_proc_port       for Envoy's gRPC ext_proc; None: not served
    drain               seconds between SIGTERM, when /ready turns 503, and the refusal of new connections
    drain_limit         seconds that requests in flight then have to finish
    page                serve the page at /
    """

    host: str = "127.0.0.1"
    port: int = 8088
    workers: int = 1
    model: Path | None = None
    policy: str | Policy = "balanced"
    threads: int = 1
    concurrency: int = 2
    batch_size: int = 16
    batch_wait: float = 0.002
    queue_size: int = 256
    max_body: int = 1 << 20
    max_texts: int = 128
    max_stream: int = 64 << 20
    window: int = 8192
    overlap: int = 2048
    timeout: float = 10.0
    fail_open: bool = False
    refuse: str = "flag"
    scan_roles: tuple[str, ...] = ("user", "tool")
    api_keys: tuple[str, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    ext_proc_port: int | None = None
    drain: float = 0.0
    drain_limit: float = 30.0
    page: bool = True

    def __post_init__(self) -> None:
        least: Mapping[str, float] = {
            "workers": 1, "threads": 1, "concurrency": 1, "batch_size": 1, "queue_size": 1, "max_body": 1,
            "max_texts": 1, "max_stream": 1, "batch_wait": 0, "drain": 0, "drain_limit": 0, "overlap": 0,
        }  # fmt: skip
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} must be at least {bound}, not {getattr(self, name)}")
        for name, port in (("port", self.port), ("ext_proc_port", self.ext_proc_port or 0)):
            if not 0 <= port <= 65535:
                raise ValueError(f"{name} must be from 0 to 65535, not {port}")
        if self.timeout <= 0:
            raise ValueError(f"timeout must be above 0, not {self.timeout}")
        if self.max_texts > self.queue_size:
            raise ValueError(f"max_texts ({self.max_texts}) must not be above queue_size ({self.queue_size})")
        if not self.overlap < self.window:
            raise ValueError(f"overlap ({self.overlap}) must be below window ({self.window})")
        if self.refuse not in ACTION_CODES or self.refuse == "allow":
            raise ValueError(f"refuse must be flag, review or block, not {self.refuse!r}")
        unknown = sorted(set(self.scan_roles) - set(CONVERSATION_ROLES))
        if unknown or not self.scan_roles:
            raise ValueError(f"scan_roles takes {', '.join(CONVERSATION_ROLES)}, not {unknown}")
        if any(len(key) < 8 or not key.isascii() or key != key.strip() for key in self.api_keys):
            raise ValueError("an API key needs at least 8 ASCII characters and no space around it")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS needs both a certificate and a key")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise ValueError("client certificates can only be asked for with TLS")
