"""From a text to the model's token ids, natively where tokenizer.json allows it.

Both tokenizers take any str and read it as text: spelled-out special tokens, with which a text could pretend to end,
and lone surrogates are not passed on as such. Offsets are in characters of the text as it was given.
"""

from __future__ import annotations

import os
import re
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tinyguard import _core

Ids: TypeAlias = npt.NDArray[np.int64]
Offsets: TypeAlias = npt.NDArray[np.int32]


class Tokenizer(Protocol):
    """``prefix`` and ``suffix`` are the ids around every text; the methods leave them out."""

    @property
    def prefix(self) -> list[int]: ...
    @property
    def suffix(self) -> list[int]: ...
    def encode(self, text: str) -> Ids:
        """Token ids, [n]."""

    def offsets(self, text: str) -> Offsets:
        """The characters [begin, end) of each token, [n, 2]."""

    def token_to_id(self, token: str) -> int | None: ...


def load(content: bytes) -> Tokenizer:
    """The tokenizer of a tokenizer.json. ValueError if the file holds none."""
    try:
        return _core.Tokenizer(content)
    except ValueError:  # damaged, or of a kind that the native core does not read
        return LibraryTokenizer(content)


class LibraryTokenizer:
    """Any tokenizer.json, through Hugging Face's ``tokenizers``."""

    def __init__(self, content: bytes) -> None:
        # It runs in the calling thread: a guard asked for one thread should use one, and the library's own pool makes
        # a later fork() unsafe. Whoever sets the variable decides otherwise.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import tokenizers

        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_str(content.decode())
        except Exception as error:  # the binding raises bare Exception
            raise ValueError(f"is not a tokenizer: {error}") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        names = [re.escape(token.content) for token in self._tokenizer.get_added_tokens_decoder().values()]
        # Where case is folded, "</S>" spells a special token too.
        normalizer = self._tokenizer.normalizer
        flags = re.IGNORECASE if normalizer is not None and normalizer.normalize_str("A") == "a" else 0
        self._special = re.compile("|".join(names), flags) if names else None
        plain = self._tokenizer.encode("a", add_special_tokens=False).ids
        whole = self._tokenizer.encode("a", add_special_tokens=True)
        before = whole.special_tokens_mask.index(0)
        self.prefix: list[int] = whole.ids[:before]
        self.suffix: list[int] = whole.ids[before + len(plain) :]

    def encode(self, text: str) -> Ids:
        # encode_batch gives the GIL up and encode does not; the fast form leaves the offsets out.
        (encoding,) = self._tokenizer.encode_batch_fast([self._clean(text)], add_special_tokens=False)
        return np.array(encoding.ids, np.int64)

    def offsets(self, text: str) -> Offsets:
        (encoding,) = self._tokenizer.encode_batch([self._clean(text)], add_special_tokens=False)
        return np.array(encoding.offsets, np.int32).reshape(-1, 2)

    def token_to_id(self, token: str) -> int | None:
        return self._tokenizer.token_to_id(token)  # type: ignore[no-any-return]

    def _clean(self, text: str) -> str:
        """The text, character for character, with nothing in it that the library would not take as text."""
        try:
            text.encode()
        except UnicodeEncodeError:
            text = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
        return self._special.sub(lambda token: "‹" + token[0][1:], text) if self._special else text
