"""What the commands share: exit codes, options and the guard that they make."""

from __future__ import annotations

import argparse
from pathlib import Path

from tinyguard.guard import Guard
from tinyguard.policy import PRESETS, Policy

EXIT_SAFE, EXIT_FAILURE, EXIT_USAGE, EXIT_THREAT = 0, 1, 2, 3


class UsageError(Exception):
    """The command was called in a way that cannot work."""


def existing(name: str) -> Path:
    """A file to read, or a pipe, which is read once."""
    path = Path(name)
    if not path.exists():
        raise UsageError(f"{name}: no such file")
    if path.is_dir():
        raise UsageError(f"{name}: a folder, not a file")
    return path


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def add_guard_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="model folder (default: the one in the package)")
    parser.add_argument(
        "--policy",
        default="balanced",
        metavar="NAME|FILE",
        help=f"{', '.join(PRESETS)}, or a JSON file with a policy (default: balanced)",
    )
    parser.add_argument("--threads", type=positive, default=1, help="batches to compute at the same time (default: 1)")


def policy_of(options: argparse.Namespace) -> str | Policy:
    """The policy that was asked for: a preset's name, or what a file holds."""
    if options.policy in PRESETS:
        return str(options.policy)
    if not Path(options.policy).is_file():
        raise UsageError(f"--policy {options.policy}: neither one of {', '.join(PRESETS)} nor a file")
    try:
        return Policy.from_file(options.policy)
    except ValueError as error:
        raise UsageError(str(error)) from None


def make_guard(options: argparse.Namespace) -> Guard:
    return Guard(options.model, policy_of(options), options.threads)
