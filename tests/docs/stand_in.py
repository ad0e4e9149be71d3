"""What the shell blocks of the pages call in place of the real commands.

    stand_in.py NAME ARGUMENT…

What is light is run for real: the package's own command with the bundled model, small Python scripts, curl. What installs,
listens or computes for hours is checked instead: its options by the parser that would read them, its files by being there.
A check that fails exits 98.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]


def wrong(why: str) -> NoReturn:
    print(f"stand-in: {why}", file=sys.stderr)
    raise SystemExit(98)


def extras() -> dict[str, list[str]]:
    if sys.version_info >= (3, 11):
        import tomllib

        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        return dict(project["optional-dependencies"])
    found = re.findall(r"^(\w+) = \[(.*?)^?\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    return {name: re.findall(r'"([^"]+)"', items) for name, items in found}


def pip(*arguments: str) -> None:
    """`pip install` of this project, by its folder or its name, with extras that it has."""
    if arguments[0] != "install":
        wrong(f"pip {arguments[0]}")
    for argument in arguments[1:]:
        found = re.fullmatch(r"-e|(?:\.|tinyguard)(?:\[([\w,]+)\])?", argument)
        if not found:
            wrong(f"pip install {argument}")
        for extra in filter(None, (found[1] or "").split(",")):
            if extra not in extras():
                wrong(f"no extra {extra}")


def tinyguard(*arguments: str) -> None:
    from tinyguard.cli import main, parser

    options = parser().parse_args(arguments)
    if options.command == "serve":
        from tinyguard.cli.serve import settings_of

        settings_of(options)
        return
    small = ("--tokens", "32", "--repeat", "1") if options.command == "bench" else ()
    raise SystemExit(main([*arguments, *small]))


def options_of(*sources: Path) -> set[str]:
    """The options that source files name; starting them to ask would import PyTorch in many cases."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and str(node.value).startswith("-")}


def sources_of(module: str) -> list[Path]:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        wrong(f"no module {module}")
    return sorted(path.glob("*.py")) if path.is_dir() else [file]


def python(*arguments: str) -> None:
    """`-c` is run; of a module or a script every option that is given must be one of its own."""
    first, *given = arguments
    if first == "-c":
        raise SystemExit(subprocess.run([sys.executable, *arguments], check=False).returncode)
    if arguments == ("-m", "build"):
        return
    if first == "-m":
        name, *given = given
        known = options_of(*sources_of(name))
    else:
        there(name := first)
        known = options_of(ROOT / name)
    for argument in given:
        if argument.startswith("-") and argument.partition("=")[0] not in known:
            wrong(f"{name} has no {argument}")
        if argument.startswith(("training/", "bench/service")):
            there(argument)


def there(name: str) -> None:
    if not (ROOT / name).exists():
        wrong(f"{name} is not there")


def tool(name: str, *arguments: str) -> None:
    """A tool of the test or docs extra: it is installed, and the paths that it is given are there."""
    if shutil.which(name, path=os.environ["REAL_PATH"]) is None:
        wrong(f"{name} is not installed")
    for argument in arguments:
        if "/" in argument or argument == ".":
            there(argument)


def curl(*arguments: str) -> None:
    command = ["curl", "--fail-with-body", *arguments]
    raise SystemExit(
        subprocess.run(command, env={**os.environ, "PATH": os.environ["REAL_PATH"]}, check=False).returncode
    )


def wrk(*arguments: str) -> None:
    there(arguments[arguments.index("-s") + 1])


def git(*arguments: str) -> None:
    if arguments == ("log", "-1", "--format=%ct"):
        print("1767225600")
        return
    if arguments[0] != "ls-files":
        wrong(f"git {arguments[0]}")
    for pattern in arguments[1:]:
        files = [str(path.relative_to(ROOT)) for path in ROOT.glob(pattern.replace("*", "**/*", 1))]
        if not files:
            wrong(f"nothing is called {pattern}")
        print("\n".join(files[:3]))


def main() -> None:
    name, *arguments = sys.argv[1:]
    known = {"pip": pip, "tinyguard": tinyguard, "python": python, "curl": curl, "wrk": wrk, "git": git}
    if name in known:
        known[name](*arguments)
    else:
        tool(name, *arguments)


if __name__ == "__main__":
    main()
