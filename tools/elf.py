"""What a shared library of Linux says about itself: the libraries that it needs, its search paths, its sections.

ELF, System V ABI; 64-bit little-endian files only, which is what this project builds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_DYNAMIC = 6
_NEEDED, _SONAME, _RPATH, _RUNPATH = 1, 14, 15, 29


@dataclass(frozen=True)
class Elf:
    needed: tuple[str, ...]
    search_paths: tuple[str, ...]  # RPATH and RUNPATH
    soname: str | None
    sections: tuple[str, ...]

    @property
    def stripped(self) -> bool:
        """Without the table of local symbols and without debug information."""
        return not any(name == ".symtab" or name.startswith((".debug", ".zdebug")) for name in self.sections)


def _string(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()


def read(content: bytes) -> Elf:
    """Raises ValueError for what is no such file."""
    if content[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    try:
        return _read(content)
    except (struct.error, ValueError, IndexError) as error:
        raise ValueError(f"damaged ELF file: {error}") from None


def _read(content: bytes) -> Elf:
    (offset,) = struct.unpack_from("<Q", content, 40)
    size, count, names_at = struct.unpack_from("<HHH", content, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", content, offset + i * size) for i in range(count)]
    names = content[headers[names_at][4] : headers[names_at][4] + headers[names_at][5]]
    entries: list[tuple[int, str]] = []
    for _, kind, _, _, begin, length, link, *_ in headers:
        if kind != _DYNAMIC:
            continue
        strings = content[headers[link][4] : headers[link][4] + headers[link][5]]
        for at in range(begin, begin + length, 16):
            tag, value = struct.unpack_from("<QQ", content, at)
            if tag == 0:
                break
            if tag in (_NEEDED, _SONAME, _RPATH, _RUNPATH):
                entries.append((tag, _string(strings, value)))
    return Elf(
        needed=tuple(text for tag, text in entries if tag == _NEEDED),
        search_paths=tuple(text for tag, text in entries if tag in (_RPATH, _RUNPATH)),
        soname=next((text for tag, text in entries if tag == _SONAME), None),
        sections=tuple(_string(names, header[0]) for header in headers),
    )
