"""What the native tokenizer reads, and that it refuses the rest, which is then left to Hugging Face's library."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from tinyguard import _core
from tinyguard.tokenizer import LibraryTokenizer, load

Json = dict[str, Any]


def added(name: str, index: int, **changes: Any) -> Json:
    fields = {"id": index, "content": name, "special": True, "normalized": False}
    return {**fields, "single_word": False, "lstrip": False, "rstrip": False, **changes}


def small() -> Json:
    """A tokenizer.json with a handful of pieces, every one of them needed by a test."""
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    scores = {"▁": -2.0, "a": -3.0, "b": -3.0, "ab": -4.5, "▁ab": -5.0, "é": -4.0, "aa": -5.0, "aaa": -7.5}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added("<s>", 0), added("</s>", 1), added("<unk>", 2)],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]},
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": 2,
            "vocab": [["<s>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], *map(list, scores.items())],
            "byte_fallback": False,
        },
    }


def content(fields: Json) -> bytes:
    return json.dumps(fields).encode()


def test_small_is_read_and_gives_what_the_library_gives() -> None:
    native, library = _core.Tokenizer(content(small())), LibraryTokenizer(content(small()))
    assert (native.prefix, native.suffix) == (library.prefix, library.suffix) == ([0], [1])
    for text in ["ab", "a b", "aaaa", "aaaaaaa", "zab", "zzéz abz", "<s>ab</s>", "a<unk>b", "▁z", "", "\udfff"]:
        assert native.encode(text).tolist() == library.encode(text).tolist(), text
        assert native.offsets(text).tolist() == library.offsets(text).tolist(), text


def test_a_run_of_unknown_characters_is_one_token() -> None:
    native = _core.Tokenizer(content(small()))
    assert native.encode("xyz").tolist() == [3, 2]
    assert native.offsets("xyz").tolist() == [[0, 1], [0, 3]]


def lowercase() -> Json:
    fields = small()
    replace = {"type": "Replace", "pattern": {"String": "İ"}, "content": "i"}
    return fields | {"normalizer": {"type": "Sequence", "normalizers": [replace, {"type": "Lowercase"}]}}


def test_lower_case_is_folded_as_the_library_folds_it() -> None:
    fields = lowercase()
    fields["model"]["vocab"] += [["i", -3.0], ["σ", -3.0], ["я", -3.0]]
    native, library = _core.Tokenizer(content(fields)), LibraryTokenizer(content(fields))
    assert isinstance(load(content(fields)), _core.Tokenizer)
    assert native.encode("AB aB Ab").tolist() == native.encode("ab ab ab").tolist()
    for text in ["AB ab", "aAAa", "İi", "ΣΑΣ σας", "Яя", "ÉZ É", "<S>ab</S> <UNK>", "ẞßǅǲ", "", "\udfffA"]:
        assert native.encode(text).tolist() == library.encode(text).tolist(), text
        assert native.offsets(text).tolist() == library.offsets(text).tolist(), text
        assert not {0, 1} & set(native.encode(text).tolist())


def test_every_character_has_the_lower_case_that_unicode_gives_it() -> None:
    """Each upper-case letter is the only piece: its lower case is known, so nothing is left for `<unk>`."""
    fields = lowercase()
    letters = [chr(c) for c in range(0x110000) if chr(c).lower() != chr(c) and len(chr(c).lower()) == 1]
    fields["model"]["vocab"] += [[low, -5.0] for low in sorted({c.lower() for c in letters} - {"a", "b", "é"})]
    native = _core.Tokenizer(content(fields))
    assert len(letters) > 1300
    wanted = [native.token_to_id(letter.lower()) for letter in letters]
    assert native.encode(" ".join(letters)).tolist()[1::2] == wanted


def metaspace_of(fields: Json) -> Json:
    metaspace: Json = fields["pre_tokenizer"]["pretokenizers"][1]
    return metaspace


UNSUPPORTED: dict[str, Callable[[Json], object]] = {
    "normalizer": lambda fields: fields.update(normalizer={"type": "NFKC"}),
    "lower case of two characters": lambda fields: fields.update(normalizer={"type": "Lowercase"}),
    "no pre-tokenizer": lambda fields: fields.update(pre_tokenizer=None),
    "another pre-tokenizer": lambda fields: fields.update(pre_tokenizer={"type": "Whitespace"}),
    "words at punctuation": lambda fields: fields["pre_tokenizer"]["pretokenizers"][0].update(type="Whitespace"),
    "another mark": lambda fields: metaspace_of(fields).update(replacement="_"),
    "a mark at the first word only": lambda fields: metaspace_of(fields).update(prepend_scheme="first"),
    "words not split": lambda fields: metaspace_of(fields).update(split=False),
    "a step more": lambda fields: fields["pre_tokenizer"]["pretokenizers"].append({"type": "Whitespace"}),
    "byte fallback": lambda fields: fields["model"].update(byte_fallback=True),
    "no unknown piece": lambda fields: fields["model"].update(unk_id=None),
    "an unknown field": lambda fields: fields.update(novelty=1),
    "an unknown field of the model": lambda fields: fields["model"].update(fuse_unk=False),
    "a piece twice": lambda fields: fields["model"]["vocab"].append(["ab", -9.0]),
    "an empty piece": lambda fields: fields["model"]["vocab"].append(["", -9.0]),
    "large scores": lambda fields: fields["model"].update(vocab=[[p, s + 50] for p, s in fields["model"]["vocab"]]),
    "a token matched after normalization": lambda fields: fields["added_tokens"].append(
        added("ab", 6, normalized=True)
    ),
    "a token that takes the space": lambda fields: fields["added_tokens"].append(added("ab", 6, lstrip=True)),
    "a token outside the vocabulary": lambda fields: fields["added_tokens"].append(added("<mask>", 99)),
    "another post-processor": lambda fields: fields.update(
        post_processor={"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]}
    ),
}


@pytest.mark.parametrize("change", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_is_not_supported_is_refused(change: Callable[[Json], object]) -> None:
    fields = small()
    change(fields)
    with pytest.raises(ValueError, match=r"tokenizer\.json: unsupported: ."):
        _core.Tokenizer(content(fields))


@pytest.mark.parametrize("name", ["normalizer", "words not split", "byte fallback", "an unknown field of the model"])
def test_the_library_takes_what_the_core_refuses(name: str) -> None:
    fields = small()
    UNSUPPORTED[name](fields)
    tokenizer = load(content(fields))
    assert isinstance(tokenizer, LibraryTokenizer)
    assert len(tokenizer.encode("ab ab")) == len(tokenizer.offsets("ab ab")) > 0


def test_another_model_is_left_to_the_library() -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "word": 1}, unk_token="<unk>"))
    loaded = load(tokenizer.to_str().encode())
    assert isinstance(loaded, LibraryTokenizer)
    assert loaded.encode("word").tolist() == [1]


VALID = content(small()).decode()
DAMAGED = {
    "nothing": "",
    "cut off": VALID[:-1],
    "something behind": VALID + "x",
    "a list": "[]",
    "a control character": VALID.replace('"1.0"', '"1.0\n"'),
    "a lone surrogate": VALID.replace('"1.0"', '"\\ud800"'),
    "an unknown escape": VALID.replace('"1.0"', '"\\x31"'),
    "a trailing comma": VALID.replace("[0]", "[0,]"),
    "a leading zero": VALID.replace("[0]", "[00]"),
    "no digits": VALID.replace("[0]", "[-]"),
    "a bare point": VALID.replace("-2.0", "-2."),
    "a bare word": VALID.replace("null", "nil"),
    "no colon": VALID.replace('"version":', '"version"'),
    "too deep": "[" * 100_000,
    "a score that is text": VALID.replace("-2.0", '"x"'),
    "an unknown piece outside": VALID.replace('"unk_id": 2', '"unk_id": 2000'),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_files(text: str) -> None:
    assert text != VALID
    with pytest.raises(ValueError, match=r"tokenizer\.json: "):
        _core.Tokenizer(text.encode())
    with pytest.raises(ValueError, match="is not a tokenizer"):
        load(text.encode())


def test_invalid_utf8_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match="byte 2: invalid UTF-8"):
        _core.Tokenizer(b'{"\xff"')


def test_every_prefix_of_a_file_is_refused() -> None:
    data = content(small())
    for end in range(0, len(data) - 1, 7):
        with pytest.raises(ValueError, match=r"tokenizer\.json: "):
            _core.Tokenizer(data[:end])


def test_escapes_and_spellings_of_numbers() -> None:
    fields = small()
    fields["model"]["vocab"] += [['\U0001f30d"\\/\b\f\t', -7.25], ["x", -12345.678901234567]]
    plain = _core.Tokenizer(content(fields))  # json.dumps writes surrogate pairs
    spelled = content(fields).replace(b"-7.25", b"-0.725e+1").replace(b"-12345.678901234567", b"-12345678901234567E-12")
    texts = ['\U0001f30d"\\/\b', "x", "xax \U0001f30d"]
    for other in (_core.Tokenizer(spelled), _core.Tokenizer(json.dumps(fields, ensure_ascii=False, indent=1).encode())):
        for text in texts:
            assert other.encode(text).tolist() == plain.encode(text).tolist()
    assert plain.token_to_id('\U0001f30d"\\/\b\f\t') == len(fields["model"]["vocab"]) - 2


def test_threads_share_a_tokenizer() -> None:
    tokenizer = _core.Tokenizer(content(small()))
    texts = ["ab " * n + "a" * n + "é" * (n % 3) for n in range(200)]
    wanted = [_core.Tokenizer(content(small())).encode(text) for text in texts]
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(
            text for text, ids in zip(texts, wanted, strict=True) if not np.array_equal(tokenizer.encode(text), ids)
        )

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
