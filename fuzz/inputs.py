"""What the targets make of the engine's bytes: the same in Python as in native/input.h."""

from __future__ import annotations

# The last 2,048 characters of plane 16 stand for the surrogates, which UTF-8 cannot carry but a str can.
_FIRST, _SURROGATES = 0x10F800, 0xD800
_TO_SURROGATE = {_FIRST + i: _SURROGATES + i for i in range(0x800)}
_FROM_SURROGATE = {stands: chr(character) for character, stands in _TO_SURROGATE.items()}


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace").translate(_TO_SURROGATE)


def bytes_of(text: str) -> bytes:
    """The input that stands for a text."""
    return text.translate(_FROM_SURROGATE).encode()


class Numbers:
    """Small numbers off the end of an input; 0 where it is used up. ``rest`` is what is left."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def below(self, limit: int) -> int:
        last, self.rest = self.rest[-2:], self.rest[:-2]
        return int.from_bytes(last[::-1], "big") % limit
