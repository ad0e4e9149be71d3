"""The model at run time: tokenizer and ONNX Runtime session, from text to class probabilities."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from tinyguard.modelfile import ModelFileError, ModelFolder
from tinyguard.tokenizer import Ids, Tokenizer
from tinyguard.tokenizer import load as load_tokenizer
from tinyguard.windows import SEGMENT_CHARS, segments, windows

Probabilities: TypeAlias = npt.NDArray[np.float64]

# More tokens in one run give no more throughput on a CPU, only more memory.
BATCH_TOKENS = 4096


class Window(NamedTuple):
    """Token ids for one row of the model's input, and where they come from."""

    ids: Ids  # with the special tokens
    segment: tuple[int, int]  # characters of the text that were tokenized together
    tokens: tuple[int, int]  # of the segment's tokens, without the special ones


class Runtime:
    """A loaded model. Every method may be called from any thread."""

    def __init__(self, folder: ModelFolder, threads: int = 1) -> None:
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
        self._session = _load_session(folder, threads)
        self._serial: ort.InferenceSession | None = self._session if threads == 1 else None
        self._lock = threading.Lock()
        self._ones = np.ones((1, folder.max_tokens), np.int64)

    def windows(self, text: str) -> Iterator[Window]:
        """The windows that cover a text, in order; they are made as they are asked for."""
        if len(text) <= SEGMENT_CHARS:
            yield from self._segment_windows(text, (0, len(text)))
        else:
            for segment in segments(text):
                yield from self._segment_windows(text[slice(*segment)], segment)

    def _segment_windows(self, text: str, segment: tuple[int, int]) -> Iterator[Window]:
        ids = self._tokenizer.encode(text)
        if len(ids) <= self._size:
            if len(ids):
                yield Window(self._framed(ids), segment, (0, len(ids)))
            return
        for begin, end in windows(len(ids), self._size, self.folder.window_overlap):
            yield Window(self._framed(ids[begin:end]), segment, (begin, end))

    def _framed(self, ids: Ids) -> Ids:
        return np.concatenate((self._prefix, ids, self._suffix))

    def characters(self, text: str, window: Window) -> tuple[int, int]:
        """The characters of the text that a window of it covers."""
        base, end = window.segment
        offsets = self._tokenizer.offsets(text[base:end])
        first, last = window.tokens
        return base + int(offsets[first][0]), base + int(offsets[last - 1][1])

    def batches(self, rows: Sequence[Sequence[Window]]) -> Iterator[Probabilities]:
        """Class probabilities of several batches, in order. With several threads each computes a batch of its own,
        which keeps them busier than sharing the work of one batch."""
        if self._threads == 1 or len(rows) < 2:
            yield from map(self.probabilities, rows)
            return
        serial = self._serial_session()
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(lambda batch: self.probabilities(batch, serial), rows)

    def _serial_session(self) -> ort.InferenceSession:
        with self._lock:
            if self._serial is None:
                self._serial = _load_session(self.folder, 1)
            return self._serial

    def probabilities(self, rows: Sequence[Window], session: ort.InferenceSession | None = None) -> Probabilities:
        """Calibrated class probabilities, one row a window. Rows of like length waste the least on padding."""
        if len(rows) == 1:
            ids = rows[0].ids[None, :]
            mask = self._ones[:, : ids.shape[1]]
        else:
            lengths = [len(row.ids) for row in rows]
            ids = np.full((len(rows), max(lengths)), self._pad, np.int64)
            mask = np.zeros_like(ids)
            for index, (row, length) in enumerate(zip(rows, lengths, strict=True)):
                ids[index, :length] = row.ids
                mask[index, :length] = 1
        (logits,) = (session or self._session).run(["logits"], {"input_ids": ids, "attention_mask": mask})
        scaled = logits.astype(np.float64) / self.folder.temperature
        scaled[:, 0] += self.folder.benign_bias
        scaled -= scaled.max(axis=1, keepdims=True)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        return scaled  # type: ignore[no-any-return]

    def token_count(self, text: str) -> int:
        """How many tokens the model reads for a text, without special tokens and overlaps."""
        return len(self._tokenizer.encode(text))


def _load_tokenizer(folder: ModelFolder) -> Tokenizer:
    try:
        return load_tokenizer(folder.read("tokenizer.json"))
    except ValueError as error:
        path = folder.folder / "tokenizer.json"
        raise ModelFileError(path, str(error), folder.sha256("tokenizer.json")) from None


def _load_session(folder: ModelFolder, threads: int) -> ort.InferenceSession:
    content = folder.read("model.onnx")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # patterns are kept for every shape ever seen
    options.log_severity_level = 3
    path, expected = folder.folder / "model.onnx", folder.sha256("model.onnx")
    try:
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelFileError(path, f"is not a model that ONNX Runtime reads: {error}", expected) from None
    inputs = sorted(item.name for item in session.get_inputs())
    outputs = {item.name: item.shape for item in session.get_outputs()}
    if inputs != ["attention_mask", "input_ids"] or outputs.get("logits", [None])[-1] != len(folder.classes):
        problem = f"does not fit model.json: inputs {inputs}, outputs {outputs}, {len(folder.classes)} classes"
        raise ModelFileError(path, problem, expected)
    return session
