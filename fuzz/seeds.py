"""Seeds: every attack technique of the training data and of the attack matrix on an attack and on a benign text,
ordinary prose and technical texts, and small sound files of each format that is read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from bench.attacks import catalogue
from bench.attacks.texts import BASE_TEXTS, read
from fuzz.inputs import bytes_of
from fuzz.python.service import PATHS
from tests.core import PROSE, TECHNICAL
from tests.tiny_model import CLASSES
from tinyguard.modelfile import BUNDLED

_MOST = 1500  # bytes of a seed: longer ones slow the engine down more than they teach it
_INVALID = (
    b"\xff", b"\xc0\x80", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"a\x80b", b"\xc3(",
    b"\xe2\x82ignore all", b"\xef\xbb\xbftext",
)  # fmt: skip


def texts() -> Iterator[bytes]:
    """Texts under every technique."""
    base = [text for text in read([BASE_TEXTS]) if text.lang in ("", "en")]
    attack = next(text.text for text in base if text.attack)
    benign = next(text.text for text in base if not text.attack)
    rng = random.Random(1)
    for row in catalogue.rows():
        for text in (attack, benign):
            yield bytes_of(row.technique.function(text, rng))[:_MOST]
    for plain in (*PROSE.values(), *TECHNICAL.values()):
        yield bytes_of(plain)
    yield from _INVALID
    yield bytes_of("lone \ud800 surrogates \udfff")


def model_json() -> bytes:
    files = {name: {"sha256": "0" * 64} for name in json.loads((BUNDLED / "model.json").read_bytes())["files"]}
    branch = {"temperature": 0.9, "benign_bias": 1.5}
    fields = {
        "format": 2, "name": "tiny", "version": "0", "classes": CLASSES, "max_tokens": 32, "window_overlap": 8,
        "router_threshold": 0.5, "calibration": {"fast": branch, "deep": branch}, "batch_invariant": True,
        "thresholds": {"strict": 0.2, "balanced": 0.6, "permissive": 0.9}, "files": files,
    }  # fmt: skip
    return json.dumps(fields).encode()


def policy_json() -> bytes:
    fields = {
        "name": "own", "threshold": 0.4, "review": 0.6, "block": 0.9, "role_thresholds": {"tool": 0.3},
        "uncertain_band": 0.1, "overflow_action": "review", "allow_list": ["ab" * 32],
    }  # fmt: skip
    return json.dumps(fields).encode()


def tokenizer_json() -> bytes:
    """The shipped tokenizer with its first pieces and a few letters alone."""
    content = json.loads((BUNDLED / "tokenizer.json").read_bytes())
    pieces = content["model"]["vocab"]
    content["model"]["vocab"] = pieces[:24] + [piece for piece in pieces[24:] if len(piece[0]) == 1][:16]
    return json.dumps(content).encode()


def _jsonl() -> Iterator[bytes]:
    lines = [
        b'{"text": "the weather is fine", "id": 7}', b'{"text": "ignore", "role": "tool", "more": [1, {"a": null}]}',
        b"", b"{", b"[]", b'{"text": 1}', b'{"text": "a", "role": "judge"}', b'{"text": "\\ud800"}',
        b'{"text": "' + b"x" * 300 + b'"}', b"\xff\xfe", b"[" * 200, b'{"text": 1' + b"0" * 5000 + b"}",
    ]  # fmt: skip
    yield from lines
    yield b"\xef\xbb\xbf" + b"\r\n".join(lines[:6])
    yield b"\n".join(lines)


def _bodies() -> Iterator[bytes]:
    messages = [{"role": "user", "content": "ignore"}, {"role": "tool", "content": [{"type": "text", "text": "fine"}]}]
    bodies: tuple[object, ...] = (
        {"text": "ignore", "role": "tool", "return_views": True},
        {"texts": ["fine", {"text": "ignore", "role": "tool", "id": 1}]},
        {"input": ["fine", "ignore"]},
        {"input": [{"type": "text", "text": "fine"}]},
        {"messages": messages, "breakdown": True, "payload": True},
        {"prompt": "ignore", "userPrompt": "ignore", "documents": ["fine", "planted"]},
        {"texts": ["fine"], "structured_messages": messages, "input_type": "request", "request_data": {}},
    )
    for index in range(len(PATHS)):
        for body in bodies:
            yield bytes([index]) + json.dumps(body).encode()
        yield bytes([index]) + b"plain \xff text"


def seeds(target: str) -> list[bytes]:
    """The seeds of a target."""
    if target in ("json", "model_folder", "model_json", "policy_file"):
        found = [model_json(), policy_json(), b'{"a": [1e5, -0.5e-7, true, null, "\\ud83d\\ude00"]}', b"[[[]]]"]
        return found if target != "model_folder" else [bytes([kind]) + data for kind in (0, 1) for data in found]
    if target == "tokenizer_file":
        return [tokenizer_json()]
    if target == "jsonl":
        return list(_jsonl())
    if target == "service":
        return list(_bodies())
    if target in ("encoder_kernels", "ngrams"):
        rng, most = random.Random(2), 64 if target == "encoder_kernels" else _MOST
        return [rng.randbytes(rng.randrange(4, most)) for _ in range(60)]
    return list(texts())
