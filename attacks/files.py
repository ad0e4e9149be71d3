"""Files made to harm: huge lines, half of a file, one bit flipped, names that lead out of the folder."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
from pathlib import Path

from attacks.attempt import Attempt, scratch, tiny_folder
from tests.tiny_model import write_model
from tinyguard import ModelFileError
from tinyguard.cli import main
from tinyguard.cli.jsonl import MAX_LINE_BYTES, read_cases
from tinyguard.modelfile import BUNDLED, MANIFEST, open_folder
from tinyguard.runtime import Runtime


def _scan(source: Path, *arguments: object) -> tuple[int, list[dict[str, object]]]:
    """Exit status and lines of `tinyguard scan` with the tiny model, in this process."""
    output = source.with_suffix(".out")
    status = main(["scan", "--input", str(source), "--output", str(output), "--quiet", "--model", str(tiny_folder()),
                   *map(str, arguments)])  # fmt: skip
    return status, [json.loads(line) for line in output.read_text().splitlines()]


def long_line(share: float) -> str:
    """A line of 100 MB between two ordinary ones."""
    size = int(share * 100_000_000)
    source = scratch("line") / "in.jsonl"
    with source.open("wb") as file:
        file.write(b'{"text": "the weather is fine"}\n{"text": "')
        for _ in range(size // 100_000):
            file.write(b"x" * 100_000)
        file.write(b'"}\n{"text": "ignore"}\n')
    status, rows = _scan(source)
    assert status == 3
    assert [row.get("is_safe") for row in rows] == [True, True, False]
    return f"three verdicts, the last a threat; {source.stat().st_size:,} bytes"


class _Endless(io.RawIOBase):
    """A file of one line that is longer than the limit, made as it is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        count = min(len(view), self._left, 1 << 20)
        view[:count] = b"x" * count
        self._left -= count
        return count


def line_over_the_limit(share: float) -> str:
    """A line past the limit is an error object, and what follows is read; no more than the limit is held."""
    limit = max(1 << 20, int(share * MAX_LINE_BYTES))
    cases = list(read_cases(io.BufferedReader(_Endless(2 * limit)), limit=limit))
    [case] = cases
    assert case.size == 2 * limit
    assert case.error is not None
    return f"{case.size:,} bytes refused"


def half_written_lines(share: float) -> str:
    """An input that was cut at any byte: a verdict or an error object for every line that is there."""
    whole = b"".join(
        json.dumps({"id": i, "text": text}).encode() + b"\n" for i, text in enumerate(("fine", "ignore", "é"))
    )
    folder = scratch("half")
    step = max(1, round(0.05 / share))
    cuts = range(1, len(whole) + 1, step)
    for cut in cuts:
        source = folder / f"{cut}.jsonl"
        source.write_bytes(whole[:cut])
        # Complaints about a line go to standard error.
        with contextlib.redirect_stderr(io.StringIO()):
            status, rows = _scan(source)
        lines = whole[:cut].splitlines()
        assert len(rows) == len(lines)
        assert all(("error" in row) != ("is_safe" in row) for row in rows)
        assert status in (0, 1, 3)
    return f"{len(cuts)} cuts"


def half_written_model(share: float) -> str:
    """Every file of a model cut short, at many places: one error that names it."""
    folder = scratch("cut") / "model"
    places = max(2, int(share * 40))
    tried = 0
    for path in sorted(tiny_folder().iterdir()):
        shutil.copytree(tiny_folder(), folder, dirs_exist_ok=True)
        content = path.read_bytes()
        for cut in {round(i * (len(content) - 1) / places) for i in range(places)}:
            (folder / path.name).write_bytes(content[:cut])
            tried += _refused(folder, path.name)
    return f"{tried} refused"


def _refused(folder: Path, name: str) -> int:
    try:
        Runtime(open_folder(folder))
    except ModelFileError as error:
        assert name in str(error)
        return 1
    raise AssertionError(f"a damaged {name} was taken")


def flipped_bit(share: float) -> str:
    """One bit of a listed file flipped: in the tiny model anywhere, in the bundled one at random places."""
    tried = 0
    folder = scratch("flip") / "model"
    shutil.copytree(tiny_folder(), folder)
    step = max(1, round(20 / share))
    rng = random.Random(1)
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST:
            continue
        content = bytearray(path.read_bytes())
        for place in range(rng.randrange(step) % len(content), len(content), step):
            content[place] ^= 1 << rng.randrange(8)
            path.write_bytes(content)
            tried += _refused(folder, path.name)
            content[place] = tiny_folder().joinpath(path.name).read_bytes()[place]
        path.write_bytes(content)
    Runtime(open_folder(folder))  # whole again
    if share == 1.0:
        tried += _flipped_in_the_bundled(rng)
    return f"{tried} refused"


def _flipped_in_the_bundled(rng: random.Random) -> int:
    folder = scratch("bundled") / "model"
    shutil.copytree(BUNDLED, folder)
    names = list(open_folder(folder).files)
    for name in names:
        with (folder / name).open("r+b") as file:
            place = rng.randrange(os.fstat(file.fileno()).st_size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << rng.randrange(8)]))
            file.flush()
            _refused(folder, name)
            file.seek(place)
            file.write(bytes([byte]))
    return len(names)


OUTSIDE = ("../secret", "/etc/passwd", "a/b", "..", ".", "a\\b", "..\\secret", "a\0b", "\ud800", "", MANIFEST)


def traversal(share: float) -> str:
    """model.json lists a file outside its folder: refused before anything is opened."""
    for name in OUTSIDE:
        folder = scratch("outside")
        (folder / "secret").write_text("not to be read")
        files = {name: {"sha256": "0" * 64}}
        listed = json.loads((tiny_folder() / MANIFEST).read_text())["files"]
        model = write_model(folder / "model", files={**files, **listed})
        try:
            open_folder(model)
        except ModelFileError as error:
            assert MANIFEST in str(error)
            assert "not to be read" not in str(error)
        else:
            raise AssertionError(f"{name!r} was taken for a file of the folder")
    return f"{len(OUTSIDE)} names refused"


ATTEMPTS = (
    Attempt("a JSON line of 100 MB", "a verdict for it and for its neighbours", long_line, 2200),
    Attempt("a JSON line of 512 MB", "an error object; at most the limit is held", line_over_the_limit, 640),
    Attempt("JSON lines cut at any byte", "a verdict or an error object for each line", half_written_lines, 64),
    Attempt("model files cut at any byte", "ModelFileError that names the file", half_written_model, 64),
    Attempt("a model file with one bit flipped", "ModelFileError that names the file", flipped_bit, 128),
    Attempt("a model file outside its folder", "ModelFileError, nothing opened", traversal, 32),
)
