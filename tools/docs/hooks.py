"""MkDocs' side of tools/docs/expand.py: pages are expanded, pictures copied, notes of code blocks shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.append(str(Path(__file__).parents[2]))

from tools.docs import expand

_NOTED = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w+-]*) +(?P<note>not run: .+)$")


def on_files(files: Files, config: Any) -> Files:
    for path in sorted(expand.pictures()):
        files.append(
            File.generated(config, f"{expand.PICTURES}/{path}", abs_src_path=str(expand.ROOT / path)),
        )
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    lines = []
    note = ""
    for line, in_block in expand.fenced(expand.expand(markdown, page.file.src_uri).splitlines()):
        noted = _NOTED.match(line) if in_block and not note else None
        if noted:
            note = f"{noted['indent']}*The tests do not run this: {noted['note'].removeprefix('not run: ')}.*"
            lines += [note, "", f"{noted['indent']}{noted['fence']}{noted['language']}"]
        else:
            lines.append(line)
        if not in_block:
            note = ""
    return "\n".join(lines) + "\n"
