from __future__ import annotations

import ctypes
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.capi import library as capi


@pytest.fixture(scope="session")
def library() -> ctypes.CDLL:
    if sys.platform == "win32":
        pytest.skip("the C API is built on Unix systems")
    if capi.RUNTIME is None:
        pytest.skip("this onnxruntime wheel has no shared library")
    return capi.functions()


@pytest.fixture(scope="session")
def unigram_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a tokenizer of the bundled kind."""
    folder = tmp_path_factory.mktemp("capi") / "tiny"
    shutil.copytree(tiny_folder, folder)
    return with_unigrams(folder)


def with_unigrams(folder: Path) -> Path:
    """The folder of a tiny model with a tokenizer of the bundled kind: its words are pieces with the same ids."""
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    plain = {"special": True, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False}
    special = {name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("<s>", "</s>")}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": vocabulary[name], "content": name, **plain} for name in words[:4]],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": special,
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": vocabulary["<unk>"],
            "vocab": [[word if index < 4 else "▁" + word, -float(index)] for index, word in enumerate(words)],
            "byte_fallback": False,
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    manifest = json.loads((folder / "model.json").read_text())
    content = (folder / "tokenizer.json").read_bytes()
    manifest["files"]["tokenizer.json"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder


def changed(folder: Path, to: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a model folder with one of its JSON files changed."""
    shutil.copytree(folder, to)
    fields = json.loads((to / name).read_text())
    change(fields)
    (to / name).write_text(json.dumps(fields))
    return to
