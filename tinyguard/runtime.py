"""The model at run time: from a text to windows of tokens, and from those to what the network says of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

# The tokenizer runs in the calling thread: a guard asked for one thread should use one, and the tokenizer's own pool
# makes a later fork() unsafe. Whoever sets the variable decides otherwise.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import Tokenizer

from tinyguard.modelfile import ModelFileError, ModelFolder
from tinyguard.network import Floats, Ids, Network, Reading
from tinyguard.windows import SEGMENT_CHARS, segments, windows

# More tokens in one run give no more throughput on a CPU, only more memory.
BATCH_TOKENS = 4096


class Window(NamedTuple):
    """Token ids for one row of the model's input, and where they come from."""

    ids: Ids  # with the special tokens
    features: Floats  # float32 [F]: what the detectors say of the whole text
    segment: tuple[int, int]  # characters of the text that were tokenized together
    tokens: tuple[int, int]  # of the segment's tokens, without the special ones


class Runtime:
    """A loaded model. Every method may be called from any thread."""

    def __init__(self, folder: ModelFolder, threads: int = 1, native: bool | None = None) -> None:
        folder.verify()
        self.folder = folder
        self.classes = folder.classes
        self._tokenizer = _load_tokenizer(folder)
        names = [re.escape(token.content) for token in self._tokenizer.get_added_tokens_decoder().values()]
        self._special = re.compile("|".join(names)) if names else None
        self._prefix, self._suffix = _special_tokens(self._tokenizer)
        self._size = folder.max_tokens - len(self._prefix) - len(self._suffix)
        if self._size <= folder.window_overlap:
            raise ModelFileError(folder.folder / "model.json", "is damaged: window_overlap leaves no room in a window")
        pad = (self._tokenizer.token_to_id(token) for token in ("<pad>", "[PAD]"))
        self._pad = next((token for token in pad if token is not None), 0)
        self._threads = threads
        self.network = Network(folder, native)

    def windows(self, text: str, features: Floats) -> Iterator[Window]:
        """The windows that cover a text, in order; they are made as they are asked for."""
        if len(text) <= SEGMENT_CHARS:
            yield from self._segment_windows(text, features, (0, len(text)))
        else:
            for segment in segments(text):
                yield from self._segment_windows(text[slice(*segment)], features, segment)

    def _segment_windows(self, text: str, features: Floats, segment: tuple[int, int]) -> Iterator[Window]:
        # encode_batch gives the GIL up and encode does not; the fast form leaves the offsets out, which only a
        # convicting window needs (see `characters`).
        ids = self._tokenizer.encode_batch_fast([self._clean(text)], add_special_tokens=False)[0].ids
        if len(ids) <= self._size:
            if ids:
                yield Window(np.array(self._prefix + ids + self._suffix, np.int64), features, segment, (0, len(ids)))
            return
        for begin, end in windows(len(ids), self._size, self.folder.window_overlap):
            yield Window(
                np.array(self._prefix + ids[begin:end] + self._suffix, np.int64), features, segment, (begin, end)
            )

    def characters(self, text: str, window: Window) -> tuple[int, int]:
        """The characters of the text that a window of it covers."""
        base, end = window.segment
        offsets = self._tokenizer.encode_batch([self._clean(text[base:end])], add_special_tokens=False)[0].offsets
        first, last = window.tokens
        return base + offsets[first][0], base + offsets[last - 1][1]

    def batches(self, rows: Sequence[Sequence[Window]]) -> Iterator[list[Reading]]:
        """What the model says of several batches, in order; with several threads, of as many at a time."""
        if self._threads == 1 or len(rows) < 2:
            yield from map(self.read, rows)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self.read, rows)

    def read(self, rows: Sequence[Window]) -> list[Reading]:
        """What the model says of a batch of windows. Rows of like length waste the least on padding."""
        lengths = np.array([len(row.ids) for row in rows], np.int64)
        features = np.stack([row.features for row in rows])
        if len(rows) == 1:
            return self.network.read(rows[0].ids[None, :], lengths, features)
        ids = np.full((len(rows), lengths.max()), self._pad, np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row.ids)] = row.ids
        return self.network.read(ids, lengths, features)

    def _clean(self, text: str) -> str:
        """A text that the tokenizer takes whole, character for character: no lone surrogates, and no spelled-out
        special token, with which a text could pretend to end."""
        try:
            text.encode()
        except UnicodeEncodeError:
            text = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
        return self._special.sub(lambda token: "‹" + token[0][1:], text) if self._special else text

    def token_count(self, text: str) -> int:
        """How many tokens the model reads for a text, without special tokens and overlaps."""
        return len(self._tokenizer.encode_batch_fast([self._clean(text)], add_special_tokens=False)[0].ids)


def _load_tokenizer(folder: ModelFolder) -> Any:
    path = folder.folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the binding raises bare Exception
        raise ModelFileError(path, f"is not a tokenizer: {error}", folder.sha256(path.name)) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The ids that the tokenizer puts before and after a text."""
    plain = tokenizer.encode("a", add_special_tokens=False).ids
    whole = tokenizer.encode("a", add_special_tokens=True)
    before = whole.special_tokens_mask.index(0)
    return whole.ids[:before], whole.ids[before + len(plain) :]
