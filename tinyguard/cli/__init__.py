"""The ``tinyguard`` command.

Exit status: 0 everything is safe, 3 a threat was found, 2 wrong usage, 1 failure (also: some lines of the input could
not be scanned, and no threat was found in the others).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from tinyguard.cli.common import EXIT_FAILURE, EXIT_USAGE, UsageError

_COMMANDS = ("scan", "eval", "bench", "info", "serve")


def parser() -> argparse.ArgumentParser:
    from tinyguard import __version__
    from tinyguard.cli import bench, evaluation, info, scan, serve

    main = argparse.ArgumentParser(
        prog="tinyguard", description="Find prompt injections, jailbreaks and obfuscated attacks in text."
    )
    main.add_argument("--version", action="version", version=f"tinyguard {__version__}")
    commands = main.add_subparsers(dest="command", required=True, metavar="{" + ",".join(_COMMANDS) + "}")
    for module in (scan, evaluation, bench, info, serve):
        module.add_parser(commands)
    return main


def main(arguments: Sequence[str] | None = None) -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a dash that the terminal does not know must not cost the answer
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except UsageError as error:
        print(f"tinyguard: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("tinyguard: interrupted", file=sys.stderr)
        return EXIT_FAILURE
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nothing is left to say
        return EXIT_FAILURE
    except (OSError, RuntimeError, ValueError) as error:
        print(f"tinyguard: {error}", file=sys.stderr)
        return EXIT_FAILURE
