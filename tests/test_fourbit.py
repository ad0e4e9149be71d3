"""Four-bit weights: the format against a slow reading of its description, and model folders that have such a file."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.tiny_model import TRIGGERS, write_model
from tinyguard import Guard, ModelFileError, fourbit
from tinyguard.fourbit import Record, expand, pack
from training.deploy.weights_file import share_weights

TEXTS = [f"the weather is fine and {word}" for word in (*TRIGGERS, "unsure subtle", "harbour")]


def slowly(content: bytes) -> bytes:
    """What the module's docstring says, value by value."""
    count = int.from_bytes(content[8:12], "little")
    out, at = bytearray(), 12 + 12 * count
    for index in range(count):
        entry = content[12 + 12 * index :][:12]
        length, lanes = int.from_bytes(entry[:8], "little"), int.from_bytes(entry[8:], "little")
        if lanes == 0:
            out += content[at : at + length]
            at += length
            continue
        blocks = length // (32 * lanes)
        nibbles = at + 2 * lanes * blocks
        for value in range(length):
            block, place = divmod(value, 32 * lanes)
            lane = place // 4 % lanes
            low, span = content[at + 2 * (block * lanes + lane) :][:2]
            byte = content[nibbles + value // 2]
            four = byte >> 4 if value % 2 else byte & 15
            out.append((low + (span * 17 * four + 128 >> 8)) % 256)
        at = nibbles + length // 2
    assert at == len(content)
    return bytes(out)


def made(lengths: list[tuple[int, int]], seed: int = 0) -> bytes:
    """A file of parts (values, lanes) with random content."""
    random = np.random.default_rng(seed)
    records = [Record(length, lanes) for length, lanes in lengths]
    return pack([(record, random.bytes(record.stored)) for record in records])


@pytest.mark.parametrize(
    "lengths",
    [
        [],
        [(5, 0)],
        [(32, 1)],
        [(512, 16)],
        [(7, 0), (96, 1), (1, 0), (1536, 16), (64, 1)],
        [(32 * 4099, 1), (512 * 261, 16)],
    ],
)
def test_the_format(lengths: list[tuple[int, int]]) -> None:
    content = made(lengths)
    assert expand(content).tobytes() == slowly(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        fourbit.MAGIC,
        b"ONNX" + made([(32, 1)])[4:],
        made([(32, 1)])[:-1],
        made([(32, 1)]) + b"\0",
        made([(32, 1)])[:20],
        fourbit.MAGIC + b"\xff" * 40,
        pack([(Record(512, 3), bytes(512))]),
        pack([(Record(33, 1), bytes(18))]),
        pack([(Record(32, 16), bytes(18))]),
        pack([(Record(2**63, 0), bytes(18))]),
    ],
)  # fmt: skip
def test_what_is_no_such_file(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        expand(content)


def test_any_changed_byte_of_a_header_is_refused_or_read() -> None:
    content = made([(7, 0), (96, 1), (512, 16)])
    refused = 0
    for place in range(12 + 12 * 3):
        for bit in (1, 16, 128):
            changed = content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
            try:
                assert len(expand(changed)) <= 2 * len(changed)
            except ValueError:
                refused += 1
    assert refused > 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with its table in `weights.q4`, stored as it is."""
    folder = write_model(tmp_path_factory.mktemp("fourbit") / "tiny")
    share_weights([folder / "fast.onnx", folder / "fast.plain.onnx"], folder / fourbit.STANDS_FOR)
    content = (folder / fourbit.STANDS_FOR).read_bytes()
    assert len(content) > 1000
    (folder / fourbit.STANDS_FOR).unlink()
    return listed(folder, pack([(Record(len(content), 0), content)]))


def listed(folder: Path, weights: bytes) -> Path:
    """The folder with this `weights.q4`, and every file in the manifest as it is now."""
    (folder / fourbit.FILE).write_bytes(weights)
    fields = json.loads((folder / "model.json").read_text())
    for name in (*fields["files"], fourbit.FILE):
        content = (folder / name).read_bytes()
        fields["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "model.json").write_text(json.dumps(fields))
    return folder


needs_memory = pytest.mark.skipif(
    not hasattr(onnxruntime.SessionOptions, "add_external_initializers_from_files_in_memory"),
    reason="this onnxruntime takes weights from files only",
)


@needs_memory
def test_a_guard_on_such_a_folder(model: Path, tiny_guard: Guard) -> None:
    guard = Guard(model)
    for text in TEXTS:
        assert guard.classify(text).score == tiny_guard.classify(text).score


def damaged(content: bytes, start: int) -> bytes:
    return content[:start] + bytes([content[start] ^ 1]) + content[start + 1 :]


def test_a_damaged_file_is_named_with_its_sha256(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    path = folder / fourbit.FILE
    content = path.read_bytes()
    expected = hashlib.sha256(content).hexdigest()
    for changed in (damaged(content, 300), content[:-1], b""):
        path.write_bytes(changed)
        with pytest.raises(ModelFileError, match="damaged") as caught:
            Guard(folder)
        assert (caught.value.path, caught.value.sha256) == (path, expected)
    path.unlink()
    with pytest.raises(ModelFileError, match="missing") as caught:
        Guard(folder)
    assert (caught.value.path, caught.value.sha256) == (path, expected)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[:-1],
    "of another kind": lambda content: b"{}",
    "empty": lambda content: pack([]),
    "too short for the graphs": lambda content: pack([(Record(64, 0), bytes(64))]),
}


@needs_memory
@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_does_not_fit_is_refused_even_if_its_sha256_does(model: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    listed(folder, CHANGES[name]((folder / fourbit.FILE).read_bytes()))
    with pytest.raises(ModelFileError, match=r"(weights\.q4 is damaged|fast(\.plain)?\.onnx)"):
        Guard(folder)


def test_an_onnxruntime_that_is_too_old_is_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "SessionOptions", type("SessionOptions", (), {}))
    monkeypatch.setattr(onnxruntime, "__version__", "1.20.0")
    with pytest.raises(ModelFileError, match=r"weights\.q4 needs onnxruntime 1\.24 or newer: 1\.20\.0"):
        Guard(model)
