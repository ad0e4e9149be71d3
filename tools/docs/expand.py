"""What a documentation page says with the repository's own words: included sections, and tables made from the sources.

A line of a page that is nothing but a comment of one of these forms stands for text from elsewhere:

    <!-- include: README.md -->                  a whole file, without its title
    <!-- include: README.md # Policies -->       one section, without its heading
    <!-- table: threats -->                      a table of tools/docs/tables.py
    <!-- table: false-alarms flip -->            the same with an argument

Links of an included file are made to fit the page: to the page that includes what they point at, to a picture that is
copied, or else to the plain path. A file that is not there yet (``include-if``) leaves nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.docs.tables import TABLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PICTURES = "included"  # the folder of the site that copied pictures go to

_DIRECTIVE = re.compile(r"^<!-- (include|include-if|table): (.+?) -->$")
_FENCE = re.compile(r"^ *(`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$")
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]\n]*)\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`+[^`\n]+`+")


class PageError(ValueError):
    """A page asks for something that is not there."""


@dataclass(frozen=True)
class Block:
    """A fenced block of code. ``line`` is that of its opening fence in the expanded page, counted from 1."""

    language: str
    note: str  # what follows the language in the info string
    code: str
    line: int


def fenced(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is part of a fenced block (the fences included)."""
    open_fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if not open_fence:
            open_fence = found[1] if found else ""
            yield line, bool(found)
            continue
        yield line, True
        if found and found[1].startswith(open_fence) and line.strip() == found[1]:
            open_fence = ""


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order; a block that is indented (in a list) loses its indent."""
    found, inside, code, start = [], None, [], 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if inside is None:
            if fence:
                inside, code, start = line, [], number
            continue
        indent = len(inside) - len(inside.lstrip())
        mark = inside.strip()
        ticks = mark[: len(mark) - len(mark.lstrip("`~"))]
        if fence and line.strip() == ticks:
            language, _, note = mark[len(ticks) :].strip().partition(" ")
            found.append(Block(language, note.strip(), "\n".join(code) + "\n", start))
            inside = None
        else:
            code.append(line[indent:] if not line[:indent].strip() else line)
    if inside is not None:
        raise PageError(f"line {start}: a block is not closed")
    return found


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next heading of its level or above."""
    taken: list[str] = []
    level = 0
    for line, in_block in fenced(text.splitlines()):
        heading = None if in_block else _HEADING.match(line)
        if heading and level and len(heading[1]) <= level:
            break
        if level:
            taken.append(line)
        elif heading and heading[2] == title:
            level = len(heading[1])
    if not level:
        raise PageError(f"no section {title!r}")
    return "\n".join(taken).strip("\n")


def without_title(text: str) -> str:
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines and _HEADING.match(lines[first]) and lines[first].startswith("# "):
        first += 1
    return "\n".join(lines[first:]).strip("\n")


def relink(text: str, source: str, page: str, homes: Mapping[str, str]) -> str:
    """Links of an included file, made to fit the page. ``homes`` says which page includes which file."""

    def resolve(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        if re.match(r"[a-z]+:", found["target"]) or not target:
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if not (ROOT / path).exists():
            raise PageError(f"{source}: a link to {found['target']}, which is not there")
        here = posixpath.dirname(page) or "."
        if found["picture"]:
            return f"![{found['text']}]({posixpath.relpath(posixpath.join(PICTURES, path), here)})"
        home = homes.get(path) or homes.get(posixpath.join(path, "README.md"))
        if home is not None:
            return f"[{found['text']}]({posixpath.relpath(home, here)}{'#' + anchor if anchor else ''})"
        return found["text"] if found["text"].strip("`") == path else f"{found['text']} (`{path}`)"

    lines = []
    for line, in_block in fenced(text.splitlines()):
        if in_block:
            lines.append(line)
            continue
        # Code in a line is no link.
        parts, last = [], 0
        for code in _CODE.finditer(line):
            if "](" in line[code.end() : code.end() + 2] or line[: code.start()].endswith("["):
                continue  # code as the text of a link
            parts += [_LINK.sub(resolve, line[last : code.start()]), code[0]]
            last = code.end()
        lines.append("".join([*parts, _LINK.sub(resolve, line[last:])]))
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Every page as it was written: its path below docs/ → its text."""
    return {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}


def homes() -> dict[str, str]:
    """Which page includes a whole file, or else a section of it: the first of the pages in order of their path."""
    whole: dict[str, str] = {}
    parts: dict[str, str] = {}
    for page, text in pages().items():
        for line in text.splitlines():
            found = _DIRECTIVE.match(line)
            if found and found[1] != "table":
                source, _, title = found[2].partition(" # ")
                (parts if title else whole).setdefault(source, page)
    return {**parts, **whole}


def pictures() -> set[str]:
    """Pictures of included files, as paths in the repository."""
    found: set[str] = set()
    for source in homes():
        file = ROOT / source
        if file.exists():
            for link in _LINK.finditer(file.read_text(encoding="utf-8")):
                path = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["target"]))
                if link["picture"] and (ROOT / path).is_file():
                    found.add(path)
    return found


def expand(text: str, page: str) -> str:
    """The page with everything that it asks for. ``page`` is its path below docs/."""
    known = homes()
    lines = []
    for line, in_block in fenced(text.splitlines()):
        found = None if in_block else _DIRECTIVE.match(line)
        if not found:
            lines.append(line)
        elif found[1] == "table":
            name, *arguments = found[2].split()
            if name not in TABLES:
                raise PageError(f"{page}: no table {name}")
            lines.append(TABLES[name](*arguments))
        else:
            source, _, title = found[2].partition(" # ")
            file = ROOT / source
            if not file.is_file():
                if found[1] == "include-if":
                    continue
                raise PageError(f"{page}: {source} is not there")
            whole = file.read_text(encoding="utf-8")
            taken = section(whole, title) if title else without_title(whole)
            lines.append(relink(taken, source, page, known))
    return "\n".join(lines) + "\n"
