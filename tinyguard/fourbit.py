"""Weights in four bits: `weights.q4` read back into the bytes that `weights.bin` has in an INT8 model folder.

The graphs, the kernels and the rows' scales are those of the INT8 model; only the integers are coarser. Little-endian:

    header   8 bytes ``TGQ4`` 1 0 0 0; uint32 number of records
    record   uint64 bytes that it stands for; uint32 lanes (12 bytes each, all behind the header)
    payload  of each record in turn, without gaps

What the records stand for, one behind the other, is `weights.bin`. A record of 0 lanes is stored as it is. One of L
lanes is INT8 in blocks of 32·L values: 1 lane is a row-major matrix, cut into groups of 32; 16 lanes are the layout of
the kernels, [8, 16, 4] per block: 16 outputs of 32 inputs each. Its payload is, per block and lane, a lowest value
(int8) and a span (uint8), then four bits a value in the order of the values, the first of two in the lower half of a
byte. Four bits b stand for the value

    lowest + (span · 17 · b + 128) >> 8

so that a group has 16 even levels between two ends of its own, at 4.5 bits a value.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]

#: The file's name in a model folder, and the name that the graphs know the weights by.
FILE, STANDS_FOR = "weights.q4", "weights.bin"
#: The first version whose Python package takes the content of weight files from memory.
ONNXRUNTIME = "1.24"
MAGIC = b"TGQ4\1\0\0\0"
GROUP = 32  # values that share a lowest value and a span
STEP, HALF, SHIFT = 17, 128, 8  # a level is span · STEP · b + HALF >> SHIFT above the lowest
LANES = (1, 16)  # row-major; [8, 16, 4] per block
_INPUTS = 4  # neighbours of one lane where there are several
_COUNT, _RECORD = struct.Struct("<I"), struct.Struct("<QI")
# Values expanded at a time: their 16-bit intermediates stay in a core's second-level cache.
_CHUNK = 1 << 17


class Record(NamedTuple):
    """One part of the file: `length` bytes of `weights.bin`, stored as they are (0 lanes) or in four bits."""

    length: int
    lanes: int

    @property
    def stored(self) -> int:
        """Bytes of its payload."""
        return self.length if self.lanes == 0 else self.length // GROUP * 2 + self.length // 2


def shape(lanes: int) -> tuple[int, int]:
    """A block's values as rows that meet the same groups, column by column: [rows, columns]."""
    return (1, GROUP) if lanes == 1 else (GROUP // _INPUTS, lanes * _INPUTS)


def per_column(groups: npt.NDArray[np.uint8], lanes: int) -> npt.NDArray[np.uint8]:
    """[blocks, lanes] → [blocks, 1, lanes · 4], or [blocks, 1, 1] for one lane: against [blocks, *shape(lanes)]."""
    return (groups if lanes == 1 else groups.repeat(_INPUTS, 1))[:, None, :]


def expand(content: bytes) -> Bytes:
    """The bytes uint8[n] that `weights.bin` has. Raises ValueError where `content` is not such a file."""
    records, start = _records(content)
    out = np.empty(sum(record.length for record in records), np.uint8)
    end = 0
    for record in records:
        target = out[end : end + record.length]
        payload = np.frombuffer(content, np.uint8, record.stored, start)
        if record.lanes == 0:
            target[:] = payload
        else:
            _expand(payload, record, target)
        start, end = start + record.stored, end + record.length
    return out


def _records(content: bytes) -> tuple[list[Record], int]:
    start = len(MAGIC) + _COUNT.size
    if len(content) < start or not content.startswith(MAGIC):
        raise ValueError("it is no file of 4-bit weights")
    (count,) = _COUNT.unpack_from(content, len(MAGIC))
    if start + count * _RECORD.size > len(content):
        raise ValueError("it ends early")
    records = [Record(*_RECORD.unpack_from(content, start + index * _RECORD.size)) for index in range(count)]
    start += count * _RECORD.size
    for record in records:
        if record.lanes and (record.lanes not in LANES or record.length % (GROUP * record.lanes)):
            raise ValueError(f"a part of {record.length} values in {record.lanes} lanes")
    if start + sum(record.stored for record in records) != len(content):
        raise ValueError("its length is not that of its parts")
    return records, start


def _expand(payload: Bytes, record: Record, out: Bytes) -> None:
    lanes, values = record.lanes, GROUP * record.lanes
    blocks = record.length // values
    bounds = payload[: blocks * lanes * 2].reshape(blocks, lanes, 2)
    halves = payload[blocks * lanes * 2 :].reshape(blocks, values // 2)
    both = np.arange(256)
    pairs = np.stack([both & 15, both >> 4], 1).astype(np.uint8) * np.uint8(STEP)
    pairs = pairs.view(np.uint16)[:, 0]  # both values of a byte at once
    target = out.reshape(blocks, *shape(lanes))
    step = max(1, _CHUNK // values)
    for begin in range(0, blocks, step):
        part = slice(begin, begin + step)
        level = pairs[halves[part]].view(np.uint8).reshape(-1, *shape(lanes))
        wide = np.multiply(level, per_column(bounds[part, :, 1], lanes), dtype=np.uint16)
        wide += HALF
        wide >>= SHIFT
        # Two's complement: adding modulo 256 is adding to an int8.
        np.add(wide.astype(np.uint8), per_column(bounds[part, :, 0], lanes), out=target[part])


def pack(records: list[tuple[Record, bytes]]) -> bytes:
    """A file of records and their payloads."""
    head = MAGIC + _COUNT.pack(len(records)) + b"".join(_RECORD.pack(*record) for record, _ in records)
    return head + b"".join(payload for _, payload in records)
