"""The native tokenizer gives, token for token, what Hugging Face's library gives for the same file."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import PROSE, TECHNICAL
from tinyguard import _core
from tinyguard.modelfile import BUNDLED
from tinyguard.tokenizer import LibraryTokenizer, load

CONTENT = (BUNDLED / "tokenizer.json").read_bytes()
PIECES = [piece for piece, _ in json.loads(CONTENT)["model"]["vocab"]]
NATIVE = _core.Tokenizer(CONTENT)
LIBRARY = LibraryTokenizer(CONTENT)
CORPUS = sorted((Path(__file__).parents[2] / "training" / "data" / "corpus").glob("*.jsonl"))

# Scripts of every width in UTF-8, the word mark, what splits words and what only looks as if it did.
SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_SPACES = "\x00\x08\x1b\x1c\x1f\x7f\xad\u180e\u200b\u200d\u2060\ufeff\ufffd"
ALPHABETS = [range(0x20, 0x7F), range(0x100), range(0x370, 0x530), range(0x590, 0x6FF), range(0x900, 0xE7F)]
ALPHABETS += [range(0x1E00, 0x2100), range(0x3040, 0x3100), range(0x4E00, 0x4F00), range(0xAC00, 0xAD00)]
ALPHABETS += [range(0xD7F0, 0xE010), range(0x13000, 0x13010), range(0x1F300, 0x1F700), range(0xE0000, 0xE0080)]
ALPHABETS += [[0x2581, 0x20, 0x61], [0x2581, 0x20, 0x61, 0x13000], [ord(c) for c in SPACES + NOT_SPACES + "ab▁"]]
SPECIAL = ["<s>", "</s>", "<pad>", "<unk>", "<S>", "<PAD>", "<", "s>", "‹s>", "<s", "unk>"]


def assert_same(text: str) -> None:
    assert NATIVE.encode(text).tolist() == LIBRARY.encode(text).tolist(), repr(text)
    assert NATIVE.offsets(text).tolist() == LIBRARY.offsets(text).tolist(), repr(text)


def test_the_bundled_tokenizer_is_read_natively() -> None:
    assert isinstance(load(CONTENT), _core.Tokenizer)
    assert NATIVE.prefix == LIBRARY.prefix == [0]
    assert NATIVE.suffix == LIBRARY.suffix == [2]


def test_every_piece_has_its_id() -> None:
    assert [NATIVE.token_to_id(piece) for piece in PIECES] == list(range(len(PIECES)))
    for token in ("", "no such piece", "\ud800", "[PAD]"):
        assert NATIVE.token_to_id(token) is None


def test_shapes_and_types() -> None:
    ids, offsets = NATIVE.encode("Good morning"), NATIVE.offsets("Good morning")
    assert (ids.dtype, ids.ndim) == (np.int64, 1)
    assert (offsets.dtype, offsets.shape) == (np.int32, (len(ids), 2))
    assert NATIVE.encode("").shape == (0,)
    assert NATIVE.offsets(" \n").shape == (0, 2)


@pytest.mark.parametrize("text", [*PROSE.values(), *TECHNICAL.values()])
def test_prose_and_code(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_written_corpora(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert_same(line)


def test_every_piece_as_a_text() -> None:
    for piece in PIECES:
        assert_same(piece)
        assert_same(piece.replace("▁", " ") + piece)


def test_code_points_between_letters() -> None:
    """Every one below U+3400, and every 13th of those beyond, where there is one script a block."""
    points = [*range(0x3400), *range(0x3400, sys.maxunicode, 13)]
    for begin in range(0, len(points), 512):
        block = points[begin : begin + 512]
        assert_same(" ".join(f"{chr(point)} a{chr(point)}b" for point in block))


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=400)
def test_any_text(text: str) -> None:
    assert_same(text)


def test_scripts_and_pieces_at_random() -> None:
    rng = random.Random(7)
    for _ in range(4000):
        alphabet = rng.choice(ALPHABETS)
        letters = "".join(chr(rng.choice(alphabet)) for _ in range(rng.randint(1, 40)))
        joined = "".join(
            rng.choice([*SPECIAL, rng.choice(PIECES), letters[:3], " "]) for _ in range(rng.randint(1, 15))
        )
        assert_same(letters)
        assert_same(joined)


@pytest.mark.parametrize("special", SPECIAL)
def test_special_tokens_are_text(special: str) -> None:
    for text in (special, f"a{special}b", special * 3, f" {special} {special}\n"):
        assert_same(text)
        assert not {0, 1, 2} & set(NATIVE.encode(text).tolist())


@pytest.mark.parametrize(
    "unit", ["a", "-", "=", "ab", "…", "日", "\U00013000", "▁", "<", "\x00", "\ud800", "a\U00013000"]
)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 127, 128, 129, 255, 5000])
def test_one_thing_repeated(unit: str, count: int) -> None:
    assert_same(unit * count)


def test_a_long_text_without_spaces_is_read_to_its_end() -> None:
    """A million characters of one word: a method that is quadratic in a word's length would not return."""
    text = "ab" * 500_000 + "q"
    offsets = NATIVE.offsets(text)
    assert (offsets[1:, 0] == offsets[:-1, 1])[1:].all()
    assert offsets[-1, 1] == len(text)
    assert len(NATIVE.encode(text)) == len(offsets)


def test_bytes_are_read_as_utf8() -> None:
    text = "Grüße, 世界 \U0001f30d"
    assert NATIVE.encode(text.encode()).tolist() == NATIVE.encode(text).tolist()
    assert NATIVE.encode(b"a\xffb").tolist() == NATIVE.encode("a\ufffdb").tolist()
    with pytest.raises(TypeError):
        NATIVE.encode(3)  # type: ignore[arg-type]
