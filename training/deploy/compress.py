"""Rewrite a model folder with large weights in four bits.

    python -m training.deploy.compress MODEL OUT [--tensors PATTERN …] [--rows ROWS]

`weights.bin` becomes `weights.q4` (see `tinyguard.fourbit`), which the guard expands to INT8 when it is loaded: graphs,
scales, thresholds and speed stay, the integers get coarser. Which tensors those are is said by patterns over their
names in the graphs behind `fast/` or `deep/`: `fast/table`, `deep/layers.7.part14`, `*`. Of the token table the first
rows stay in eight bits: a vocabulary by frequency has its commonest tokens there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from tinyguard import fourbit
from tinyguard.fourbit import GROUP, STANDS_FOR, Record
from tinyguard.modelfile import MANIFEST, open_folder
from training.deploy.groups import fit
from training.deploy.packing import INPUTS, OUTPUTS

#: Smaller tensors save nothing worth their error.
SMALLEST = 1 << 16
#: What is compressed unless one says otherwise: most of the file, and what takes it best.
TENSORS = ("*/table",)
#: Tokens that stay in eight bits: three quarters of running text.
ROWS = 13_500
#: Groups fitted at a time, to bound the memory.
_CHUNK = 1 << 15


@dataclass(frozen=True)
class Place:
    """A tensor in `weights.bin`."""

    name: str
    type: int
    shape: tuple[int, ...]
    offset: int
    length: int

    @property
    def lanes(self) -> int:
        """How `tinyguard.fourbit` has to read it, 0 where it cannot."""
        if self.type != onnx.TensorProto.INT8 or self.length < SMALLEST:
            return 0
        if self.shape[-2:] == (OUTPUTS, INPUTS) and self.shape[-3] * INPUTS % GROUP == 0:
            return OUTPUTS
        return 1 if len(self.shape) == 2 and self.shape[-1] % GROUP == 0 else 0


@dataclass(frozen=True)
class Part:
    """A tensor in four bits: its file record, its payload, and how far its values are from what they were."""

    place: Place
    record: Record
    payload: bytes
    error: float  # root of the mean square, relative to that of the values


def places(folder: Path) -> list[Place]:
    """Every tensor that the graphs for the native operators keep in `weights.bin`, in the order of the file."""
    found: dict[int, Place] = {}
    for branch in ("fast", "deep"):
        for tensor in onnx.load(str(folder / f"{branch}.onnx"), load_external_data=False).graph.initializer:
            where = {entry.key: entry.value for entry in tensor.external_data}
            if where.get("location") != STANDS_FOR:
                continue
            offset, length = int(where["offset"]), int(where["length"])
            found.setdefault(
                offset, Place(f"{branch}/{tensor.name}", tensor.data_type, tuple(tensor.dims), offset, length)
            )
    return [found[offset] for offset in sorted(found)]


def grouped(values: npt.NDArray[np.int8], lanes: int) -> npt.NDArray[np.int8]:
    """The values of a tensor as groups [G, 32], in the order in which `tinyguard.fourbit` has their ends."""
    rows, columns = fourbit.shape(lanes)
    width = columns // lanes
    return values.reshape(-1, rows, lanes, width).swapaxes(1, 2).reshape(-1, GROUP)


def ungrouped(groups: npt.NDArray[np.uint8], lanes: int) -> npt.NDArray[np.uint8]:
    """The inverse of `grouped`, flat."""
    rows, columns = fourbit.shape(lanes)
    return groups.reshape(-1, lanes, rows, columns // lanes).swapaxes(1, 2).reshape(-1)


def squeeze(place: Place, values: npt.NDArray[np.int8]) -> Part:
    """One tensor in four bits."""
    groups = grouped(values, place.lanes).astype(np.int16)
    parts = [fit(groups[begin : begin + _CHUNK]) for begin in range(0, len(groups), _CHUNK)]
    chosen, low, span = (np.concatenate(column) for column in zip(*parts, strict=True))
    ends = np.concatenate([low.astype(np.int8).view(np.uint8), span.astype(np.uint8)], 1)
    flat = ungrouped(chosen, place.lanes)
    record = Record(values.size, place.lanes)
    payload = ends.tobytes() + (flat[0::2] | flat[1::2] << 4).tobytes()
    new = fourbit.expand(fourbit.pack([(record, payload)])).view(np.int8)
    error = np.sqrt(
        np.square(new - values.ravel().astype(np.float32)).sum()
        / max(1.0, float(np.square(groups, dtype=np.int64).sum()))
    )
    return Part(place, record, payload, float(error))


def row_sums(values: npt.NDArray[np.int8], shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """int32[N]: the sums over the inputs of a packed matrix [N/16, K/4, 16, 4]."""
    return values.reshape(shape).sum((-3, -1), dtype=np.int32).reshape(-1)


def choose(tensors: Sequence[Place], patterns: Iterable[str], rows: int) -> list[Place]:
    """What becomes four bits: the tensors that can and match a pattern, tables without their first rows."""
    patterns, chosen = tuple(patterns), []
    for place in tensors:
        if not place.lanes or not any(fnmatchcase(place.name, pattern) for pattern in patterns):
            continue
        if place.lanes == 1 and (kept := min(rows, place.shape[0])):
            size = place.length // place.shape[0] * kept
            shape = (place.shape[0] - kept, *place.shape[1:])
            place = replace(place, shape=shape, offset=place.offset + size, length=place.length - size)
        if place.length:
            chosen.append(place)
    return chosen


def compress(
    content: bytes, tensors: Sequence[Place], patterns: Iterable[str] = TENSORS, rows: int = ROWS
) -> tuple[bytes, list[Part]]:
    """The content of `weights.q4` for one of `weights.bin`, and what became of the tensors in it.

    Raises ValueError where the row sums of a matrix are not in the file: kernels would go on with the old ones.
    """
    data = bytearray(content)
    sums = {content[t.offset : t.offset + t.length]: t.offset for t in tensors if t.type == onnx.TensorProto.INT32}
    parts = []
    for place in choose(tensors, patterns, rows):
        values = np.frombuffer(content, np.int8, place.length, place.offset)
        part = squeeze(place, values)
        parts.append(part)
        if place.lanes == OUTPUTS:
            old = row_sums(values, place.shape).tobytes()
            if (where := sums.pop(old, None)) is None:
                raise ValueError(f"the row sums of {place.name} are not among the weights, or stand for two matrices")
            new = fourbit.expand(fourbit.pack([(part.record, part.payload)])).view(np.int8)
            data[where : where + len(old)] = row_sums(new, place.shape).tobytes()
    records: list[tuple[Record, bytes]] = []
    end = 0
    for part in parts:
        records.append(_plain(data[end : part.place.offset]))
        records.append((part.record, part.payload))
        end = part.place.offset + part.place.length
    records.append(_plain(data[end:]))
    return fourbit.pack([record for record in records if record[0].length]), parts


def _plain(content: bytearray) -> tuple[Record, bytes]:
    return Record(len(content), 0), bytes(content)


def compress_folder(folder: Path, out: Path, patterns: Iterable[str] = TENSORS, rows: int = ROWS) -> list[Part]:
    """Write the folder anew at `out`, which must not exist. Raises ModelFileError for a folder that is no model."""
    open_folder(folder).verify()
    fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if STANDS_FOR not in fields["files"]:
        raise ValueError(f"{folder} has no {STANDS_FOR}")
    content, parts = compress((folder / STANDS_FOR).read_bytes(), places(folder), patterns, rows)
    out.mkdir(parents=True)
    files = {}
    for name, entry in fields["files"].items():
        if name == STANDS_FOR:
            (out / fourbit.FILE).write_bytes(content)
            files[fourbit.FILE] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        else:
            shutil.copyfile(folder / name, out / name)
            files[name] = entry
    fields |= {"files": files, "name": f"{fields['name']}-4bit"}
    (out / MANIFEST).write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tensors", nargs="+", default=TENSORS, metavar="PATTERN", help="default: */table")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of a table that stay (default: %(default)s)")
    args = parser.parse_args()
    for part in compress_folder(args.model, args.out, args.tensors, args.rows):
        print(f"{part.place.name}: {part.place.length / 1e6:.2f} MB, error {part.error:.4f}")
    total = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{args.out}: {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
