"""``tinyguard serve``: the HTTP and gRPC service. See tinyguard/server/README.md."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from tinyguard.cli.common import EXIT_SAFE, UsageError, add_guard_options, policy_of
from tinyguard.server.settings import CONVERSATION_ROLES, Settings

KEYS_VARIABLE = "TINYGUARD_API_KEYS"

# Settings that are one number each: option, type, help.
_NUMBERS: tuple[tuple[str, type, str], ...] = (
    ("workers", int, "processes that share the port"),
    ("concurrency", int, "batches that one process computes at the same time"),
    ("batch-size", int, "texts in one batch at most"),
    ("batch-wait", float, "seconds that a text may wait for others to fill a batch, under load"),
    ("queue-size", int, "texts of one process that wait or are computed; past it the answer is 429"),
    ("max-body", int, "bytes of a request's body; past it the answer is 413"),
    ("max-texts", int, "texts in one request"),
    ("max-stream", int, "bytes of a stream in all"),
    ("window", int, "characters of a stream that are scanned together"),
    ("overlap", int, "characters that neighbouring windows of a stream share"),
    ("timeout", float, "seconds for reading a body and for one scan"),
    ("drain", float, "seconds from SIGTERM, when /ready turns 503, to the refusal of new connections"),
    ("drain-limit", float, "seconds that requests in flight then have to finish"),
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("serve", help="answer over HTTP and gRPC", description=__doc__)
    defaults = Settings()
    parser.add_argument("--host", default=defaults.host, help=f"address to listen on (default: {defaults.host})")
    parser.add_argument("--port", type=int, default=defaults.port, help=f"0: a free one (default: {defaults.port})")
    for name, kind, text in _NUMBERS:
        value = getattr(defaults, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=kind, default=value, metavar="N", help=f"{text} (default: {value})")
    parser.add_argument(
        "--api-keys", type=Path, metavar="FILE", help=f"one API key a line (or ${KEYS_VARIABLE}, with commas)"
    )
    parser.add_argument("--tls-certificate", type=Path, metavar="FILE", help="PEM; with --tls-key")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM")
    parser.add_argument("--tls-client-ca", type=Path, metavar="FILE", help="PEM; clients need a certificate of it")
    parser.add_argument(
        "--fail-open", action="store_true", help='answer "allow" where the guard fails or is too late, instead of 503'
    )
    parser.add_argument(
        "--refuse", choices=("flag", "review", "block"), default=defaults.refuse,
        help=f"the mildest action that gateways refuse a request for (default: {defaults.refuse})",
    )  # fmt: skip
    parser.add_argument(
        "--scan-roles", default=",".join(defaults.scan_roles), metavar="ROLES",
        help=f"whose messages of a conversation are read, of {','.join(CONVERSATION_ROLES)} (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--ext-proc-port", type=int, metavar="PORT", help="also serve Envoy's gRPC ext_proc here")
    parser.add_argument("--no-page", action="store_true", help="do not serve the page at /")
    add_guard_options(parser)
    parser.set_defaults(run=run)


def settings_of(options: argparse.Namespace) -> Settings:
    names = [name.replace("-", "_") for name, _, _ in _NUMBERS]
    names += ["host", "port", "model", "threads", "tls_certificate", "tls_key", "tls_client_ca", "fail_open", "refuse"]
    for path in (options.tls_certificate, options.tls_key, options.tls_client_ca):
        if path is not None and not path.is_file():
            raise UsageError(f"serve: {path}: no such file")
    try:
        return Settings(
            **{name: getattr(options, name) for name in names},
            policy=policy_of(options),
            ext_proc_port=options.ext_proc_port,
            page=not options.no_page,
            scan_roles=tuple(role.strip() for role in options.scan_roles.split(",") if role.strip()),
            api_keys=_keys(options.api_keys),
        )
    except ValueError as error:
        raise UsageError(f"serve: {error}") from None


def _keys(file: Path | None) -> tuple[str, ...]:
    if file is None:
        lines = os.environ.get(KEYS_VARIABLE, "").split(",")
    elif file.is_file():
        lines = file.read_text().splitlines()
    else:
        raise UsageError(f"serve: --api-keys {file}: no such file")
    keys = tuple(line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))
    if not keys and (file is not None or KEYS_VARIABLE in os.environ):
        raise UsageError("serve: API keys are asked for, but there is none")
    return keys


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    try:
        from tinyguard.server.run import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "tinyguard":
            raise
        raise UsageError(f"serve needs {error.name}: pip install 'tinyguard[serve]'") from None
    serve(settings)
    return EXIT_SAFE
