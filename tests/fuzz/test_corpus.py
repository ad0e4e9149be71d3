"""Every input of the fuzz corpus through the installed package, against what its target promises.

The native targets themselves, under sanitizers, replay it in .github/workflows/fuzz.yml. `encoder_kernels` and
`ngrams` have no counterpart here: tests/kernels and tests/ops compare those with NumPy and PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from fuzz import corpus
from fuzz.engine import DETECTORS, TARGETS
from fuzz.inputs import Numbers, bytes_of, text_of
from fuzz.python import TARGETS as PYTHON
from tests.core import core
from tests.text.test_properties import check_map
from tinyguard.modelfile import BUNDLED

KINDS = (
    "base16", "base32", "base64", "base85", "url", "html_entities", "escapes", "quoted_printable", "morse", "binary",
    "decimal", "octal", "uuencode", "braille", "a1z26", "nato", "base58", "polybius", "tap_code",
)  # fmt: skip


def utf8(data: bytes) -> None:
    assert core.decode_utf8(data) == data.decode("utf-8", "replace")


def normalize(data: bytes) -> None:
    text = text_of(Numbers(data).rest)
    result = core.normalize(text)
    check_map(text, result)
    assert core.normalize(result.text).text == result.text


def text_kernels(data: bytes) -> None:
    found = set()
    for isa in core.isas():
        core.force_isa(isa)
        found.add((core.decode_utf8(data), core.normalize(data).text))
    core.force_isa("")
    assert len(found) == 1


def detector(data: bytes, name: str) -> None:
    text = text_of(data)
    length = len(core.normalize(text))
    score, evidence, recoveries = core.detect(name, text)
    assert 0 <= score <= 1
    for begin, end, _ in evidence:
        assert 0 <= begin <= end <= length
    for _, begin, end, _, plausibility in recoveries:
        assert 0 <= begin <= end <= length
        assert 0 <= plausibility <= 1


def codecs(data: bytes) -> None:
    text = text_of(data)
    for kind in KINDS:
        decoded = core.decode(kind, text)
        assert decoded is None or len(decoded) <= 4 * len(text)


def views(data: bytes) -> None:
    text = text_of(data)
    analysis = core.analyze(text)
    assert 1 <= len(analysis.views) <= 5
    assert sum(len(view.text) for view in analysis.views[1:]) <= max(2 * len(text), 256)
    assert all(0 <= view.begin <= view.end <= len(text) and view.depth <= 2 for view in analysis.views)
    assert all(0 <= value <= 1 for value in analysis.features)


def char_ids(data: bytes) -> None:
    numbers = Numbers(data)
    offsets = [[numbers.below(300) - 20, numbers.below(300) - 20] for _ in range(numbers.below(24))]
    text = text_of(numbers.rest)
    good = all(0 <= begin <= end <= len(text) for begin, end in offsets)
    pairs = np.array(offsets, np.int64).reshape(-1, 2)
    if good:
        ids = core.char_ids(text, pairs)
        assert ((ids >= 0) & (ids < core.CHAR_VOCABULARY)).all()
    else:
        with pytest.raises(ValueError, match="offsets"):
            core.char_ids(text, pairs)


@cache
def shipped() -> core.Tokenizer:
    return core.Tokenizer((BUNDLED / "tokenizer.json").read_bytes())


def tokenizer(data: bytes) -> None:
    text = text_of(data)
    ids, offsets = shipped().encode(text), shipped().offsets(text)
    assert len(ids) == len(offsets)
    assert (offsets[:, 0] < offsets[:, 1]).all()
    assert (np.diff(offsets, axis=0) >= 0).all()
    assert not len(offsets) or (offsets[0, 0] >= 0 and offsets[-1, 1] <= len(text))


def tokenizer_file(data: bytes) -> None:
    try:
        read = core.Tokenizer(data)
    except ValueError:
        return
    assert len(read.encode("the weather is fine")) == len(read.offsets("the weather is fine"))


def json_file(data: bytes) -> None:
    """As model.json of a folder: Python's reader takes whatever the strict one took, and refuses it kindly."""
    PYTHON["model_json"](data)


def model_folder(data: bytes) -> None:
    PYTHON["model_json" if data[:1] < b"\1" or data[0] % 2 == 0 else "policy_file"](data[1:])


NATIVE: dict[str, Callable[[bytes], None]] = {
    "utf8": utf8,
    "normalize": normalize,
    "text_kernels": text_kernels,
    "codecs": codecs,
    "views": views,
    "char_ids": char_ids,
    "tokenizer": tokenizer,
    "tokenizer_file": tokenizer_file,
    "json": json_file,
    "model_folder": model_folder,
    **{name: partial(detector, name=name) for name in DETECTORS},
}


@pytest.mark.parametrize("target", NATIVE | PYTHON)
def test_replay(target: str) -> None:
    inputs = corpus.read(target)
    assert inputs
    for data in inputs:
        (NATIVE | PYTHON)[target](data)


def test_every_target_has_a_corpus() -> None:
    assert corpus.targets() == sorted(TARGETS)


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in corpus.FOLDER.iterdir()) < 600_000


@pytest.mark.parametrize("text", ["", "plain", "\ud800 lone \udfff", "\U0010ffff", "\u0000"])
def test_a_text_and_its_input(text: str) -> None:
    if text != "\U0010ffff":  # stands for a surrogate
        assert text_of(bytes_of(text)) == text
    else:
        assert text_of(bytes_of(text)) == "\udfff"


def test_packing_is_the_same_for_the_same_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    first = corpus.write("some", [b"a", b"b", b"a"]).read_bytes()
    assert corpus.write("some", [b"b", b"a"]).read_bytes() == first
    assert sorted(corpus.read("some")) == [b"a", b"b"]
