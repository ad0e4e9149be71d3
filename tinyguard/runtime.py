"""The model at run time: from a text to windows of tokens, and from those to what the network says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple

import numpy as np

from tinyguard.modelfile import ModelFileError, ModelFolder
from tinyguard.network import Floats, Network, Reading
from tinyguard.passage import passage
from tinyguard.tokenizer import Ids, Tokenizer
from tinyguard.tokenizer import load as load_tokenizer
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
        self._prefix = np.array(self._tokenizer.prefix, np.int64)
        self._suffix = np.array(self._tokenizer.suffix, np.int64)
        self._size = folder.max_tokens - len(self._prefix) - len(self._suffix)
        if self._size <= folder.window_overlap:
            raise ModelFileError(folder.folder / "model.json", "is damaged: window_overlap leaves no room in a window")
        pad = (self._tokenizer.token_to_id(token) for token in ("<pad>", "[PAD]"))
        self._pad = next((token for token in pad if token is not None), 0)
        self._threads = threads
        self.network = Network(folder, native)

    def windows(self, text: str, features: Floats) -> Iterator[Window]:
        """The windows that cover a text, in order; they are made as they are asked for.

        One that has the tokens of an earlier one is left out: its reading would be the same, and of equal ones the
        first counts. So ten million characters of one kind cost little more than a window of them.
        """
        if len(text) <= SEGMENT_CHARS:
            yield from _distinct(self._segment_windows(text, features, (0, len(text))))
        else:
            pieces = (self._segment_windows(text[slice(*piece)], features, piece) for piece in segments(text))
            yield from _distinct(chain.from_iterable(pieces))

    def _segment_windows(self, text: str, features: Floats, segment: tuple[int, int]) -> Iterator[Window]:
        ids = self._tokenizer.encode(text)
        if len(ids) <= self._size:
            if len(ids):
                yield Window(self._framed(ids), features, segment, (0, len(ids)))
            return
        for begin, end in windows(len(ids), self._size, self.folder.window_overlap):
            yield Window(self._framed(ids[begin:end]), features, segment, (begin, end))

    def _framed(self, ids: Ids) -> Ids:
        return np.concatenate((self._prefix, ids, self._suffix))

    def closer(self, text: str, window: Window, loudest: int) -> Window | None:
        """The passage of a text around the run of tokens that begins at token `loudest` of a window, as a window of its
        own; the run alone where the passage would not fit. None where it holds nothing that is read."""
        base, end = window.segment
        offsets = self._tokenizer.offsets(text[base:end])
        first = min(window.tokens[0] + loudest, window.tokens[1] - 1)
        last = min(first + self.folder.run_tokens, window.tokens[1]) - 1
        run = base + int(offsets[first][0]), base + int(offsets[last][1])
        for begin, end in (passage(text, *run), run):
            ids = self._tokenizer.encode(text[begin:end])
            if len(ids) <= self._size:
                break
        ids = ids[: self._size]
        return Window(self._framed(ids), window.features, (begin, end), (0, len(ids))) if len(ids) else None

    def characters(self, text: str, window: Window) -> tuple[int, int]:
        """The characters of the text that a window of it covers."""
        base, end = window.segment
        offsets = self._tokenizer.offsets(text[base:end])
        first, last = window.tokens
        return base + int(offsets[first][0]), base + int(offsets[last - 1][1])

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

    def token_count(self, text: str) -> int:
        """How many tokens the model reads for a text, without special tokens and overlaps."""
        return len(self._tokenizer.encode(text))


def _distinct(windows: Iterable[Window]) -> Iterator[Window]:
    """The windows without those whose tokens came before."""
    seen: set[bytes] = set()
    for window in windows:
        digest = blake2b(window.ids.tobytes(), digest_size=16).digest()
        if digest not in seen:
            seen.add(digest)
            yield window


def _load_tokenizer(folder: ModelFolder) -> Tokenizer:
    path = folder.folder / "tokenizer.json"
    try:
        return load_tokenizer(path.read_bytes())
    except ValueError as error:
        raise ModelFileError(path, str(error), folder.sha256(path.name)) from None
