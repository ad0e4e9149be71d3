"""Run a Python target under atheris: python -m fuzz.atheris_engine TARGET [libFuzzer's arguments]."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["tinyguard", "fuzz", "json"]):
    from fuzz.python import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    # By this line, which goes to a shell as it is, libFuzzer starts the target again when it merges.
    sys.argv[0] = f"{sys.executable} -m fuzz.atheris_engine {name}"
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
