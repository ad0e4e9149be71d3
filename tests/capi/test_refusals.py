"""The C API gives an error where Python raises one, and says what is wrong without saying anything of a text."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

import tinyguard
from tests.capi import library as capi
from tests.capi.conftest import changed
from tests.capi.texts import ATTACKS
from tests.tiny_model import with_weights_apart
from tinyguard import Guard, Policy


def test_bad_arguments(library: ctypes.CDLL, unigram_folder: Path) -> None:
    _, message, handle = capi.open_guard(library, unigram_folder)
    assert handle, message
    bits = ctypes.c_uint16()
    calls = [
        (library.tinyguard_scan(None, b"a", 1, 0, bits), "guard"),
        (library.tinyguard_scan(handle, None, 1, 0, bits), "text"),
        (library.tinyguard_scan(handle, b"a", 1 << 40, 0, bits), "2 GiB"),
        (library.tinyguard_scan(handle, b"a", 1, 4, bits), "role"),
        (library.tinyguard_scan(handle, b"a", 1, -1, bits), "role"),
    ]
    assert [status for status, _ in calls] == [capi.BAD_ARGUMENT] * len(calls)
    for call, named in (((None, b"a", 1, 0), "guard"), ((handle, None, 1, 0), "text"), ((handle, b"a", 1, 4), "role")):
        bits.value = 0
        assert library.tinyguard_scan(*call, bits) == capi.BAD_ARGUMENT
        assert named in library.tinyguard_message().decode()
        assert bits.value == capi.FAILED_BITS
    assert library.tinyguard_scan(handle, b"a", 1, 0, None) == capi.BAD_ARGUMENT
    assert library.tinyguard_scan(handle, None, 0, 0, bits) == capi.OK
    assert bits.value & 15 == 0
    library.tinyguard_close(handle)

    assert library.tinyguard_open(None, None, None) == capi.BAD_ARGUMENT
    wrong = capi.options()
    wrong.size -= 8
    handle = ctypes.c_void_p(1)
    assert library.tinyguard_open(str(unigram_folder).encode(), wrong, handle) == capi.BAD_ARGUMENT
    assert handle.value is None


MANIFESTS = {
    "another format": lambda fields: fields.update(format=1),
    "an unknown class": lambda fields: fields["classes"].append("novelty"),
    "no benign class first": lambda fields: fields["classes"].reverse(),
    "windows that do not move": lambda fields: fields.update(window_overlap=32),
    "no room between special tokens": lambda fields: fields.update(window_overlap=30),
    "a run longer than a window": lambda fields: fields.update(run_tokens=32),
    "a deep graph of an unknown kind": lambda fields: fields.update(deep_reads="minds"),
    "a deep graph that reads something else": lambda fields: fields.update(deep_reads="ids"),
    "a temperature of zero": lambda fields: fields["calibration"]["deep"].update(temperature=0),
    "no calibration": lambda fields: fields["calibration"].pop("fast"),
    "no router": lambda fields: fields.pop("router_threshold"),
    "no fast graph": lambda fields: fields["files"].pop("fast.onnx"),
    "a file elsewhere": lambda fields: fields["files"].update({"../model.json": {"sha256": "0" * 64}}),
    "a digest cut off": lambda fields: fields["files"]["deep.onnx"].update(sha256="00"),
    "another digest": lambda fields: fields["files"]["deep.onnx"].update(sha256="0" * 64),
    "a missing file": lambda fields: fields["files"].update({"weights.bin": {"sha256": "0" * 64}}),
    "a class too many": lambda fields: fields["classes"].append("obfuscation"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_damaged_models(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path, name: str) -> None:
    folder = changed(unigram_folder, tmp_path / "model", "model.json", MANIFESTS[name])
    status, message, handle = capi.open_guard(library, folder)
    assert status == capi.BAD_MODEL, message
    assert message.startswith(f"model file {folder}/")
    assert handle.value is None
    with pytest.raises(tinyguard.ModelFileError):
        Guard(folder)


def test_a_damaged_file_is_named_with_the_digest_it_should_have(
    library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(unigram_folder, folder)
    content = bytearray((folder / "fast.plain.onnx").read_bytes())
    content[100] ^= 1
    (folder / "fast.plain.onnx").write_bytes(content)
    _, message, _ = capi.open_guard(library, folder)
    with pytest.raises(tinyguard.ModelFileError) as raised:
        Guard(folder)
    assert message == str(raised.value)


def test_a_file_that_a_graph_needs_must_be_listed(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    whole = with_weights_apart(Path(shutil.copytree(unigram_folder, tmp_path / "whole")))
    status, message, handle = capi.open_guard(library, whole)
    assert status == capi.OK, message
    library.tinyguard_close(handle)

    def unlisted(fields: dict[str, dict[str, object]]) -> None:
        fields["files"] = {name: entry for name, entry in fields["files"].items() if not name.endswith(".bin")}

    folder = changed(whole, tmp_path / "model", "model.json", unlisted)
    status, message, handle = capi.open_guard(library, folder)
    assert (status, handle.value) == (capi.BAD_MODEL, None)
    with pytest.raises(tinyguard.ModelFileError) as raised:
        Guard(folder)
    assert message.split(" list fast.")[0] == str(raised.value).split(" list fast.")[0]


def test_weights_in_four_bits_are_refused(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    def more(fields: dict[str, dict[str, object]]) -> None:
        fields["files"]["weights.q4"] = {"sha256": "0" * 64}

    folder = changed(unigram_folder, tmp_path / "model", "model.json", more)
    status, message, handle = capi.open_guard(library, folder)
    assert (status, handle.value) == (capi.BAD_MODEL, None)
    assert message == (
        f"model file {folder}/weights.q4 has 4-bit weights, which only the Python package reads: use the INT8 folder"
    )


def test_another_kind_of_tokenizer_is_refused(library: ctypes.CDLL, tiny_folder: Path) -> None:
    status, message, _ = capi.open_guard(library, tiny_folder)
    assert status == capi.BAD_MODEL
    assert "tokenizer.json is not a tokenizer that this library reads: unsupported: " in message


def test_a_missing_model_and_tables(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    status, message, _ = capi.open_guard(library, tmp_path)
    assert (status, message) == (capi.BAD_MODEL, f"model file {tmp_path}/model.json is missing")
    status, message, _ = capi.open_guard(library, unigram_folder, language=tmp_path / "none")
    assert (status, message) == (capi.BAD_MODEL, f"model file {tmp_path}/none is missing")
    (tmp_path / "short").write_bytes(b"TGLM")
    status, message, _ = capi.open_guard(library, unigram_folder, language=tmp_path / "short")
    assert (status, "damaged" in message) == (capi.BAD_MODEL, True)


POLICIES = [
    "", "[]", "{}", '{"threshold": 0}', '{"threshold": 1.5}', '{"threshold": true}', '{"threshold": 0.5, "novelty": 1}',
    '{"threshold": 0.5, "review": 0.9, "block": 0.8}', '{"threshold": 0.5, "role_thresholds": {"nobody": 0.5}}',
    '{"threshold": 0.5, "role_thresholds": {"user": 0}}', '{"threshold": 0.5, "overflow_action": "shout"}',
    '{"threshold": 0.5, "allow_list": ["00"]}', '{"threshold": 0.5, "allow_list": "00"}', '{"threshold": 0.5, "name": ""}',
    '{"threshold": NaN}', '{"threshold": 0.5, "uncertain_band": -1}',
]  # fmt: skip


@pytest.mark.parametrize("content", POLICIES)
def test_what_is_no_policy(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(content)
    status, message, _ = capi.open_guard(library, unigram_folder, policy_file=path)
    assert (status, message[: len(str(path))]) == (capi.BAD_POLICY, str(path))
    with pytest.raises(ValueError, match="not a policy"):
        Policy.from_file(path)


def test_an_unknown_policy(library: ctypes.CDLL, unigram_folder: Path) -> None:
    status, message, _ = capi.open_guard(library, unigram_folder, policy="lenient")
    assert status == capi.BAD_POLICY
    assert "'lenient'" in message


def test_no_runtime(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    for path, problem in ((tmp_path / "none.so", "none.so"), (capi.LIBRARY, "has no OrtGetApiBase")):
        status, message, handle = capi.open_guard(library, unigram_folder, runtime=path)
        assert (status, handle.value) == (capi.NO_RUNTIME, None)
        assert problem in message


def test_an_old_runtime_is_refused(library: ctypes.CDLL, unigram_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "old.c"
    source.write_text(
        """
        #include <stdint.h>
        static const void *get_api(uint32_t version) { return version <= 7 ? get_api : 0; }
        static const char *get_version(void) { return "1.7.0"; }
        static const struct { const void *(*api)(uint32_t); const char *(*version)(void); } base = {get_api, get_version};
        const void *OrtGetApiBase(void) { return &base; }
        """
    )
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    subprocess.run([compiler, "-shared", "-fPIC", source, "-o", tmp_path / "old.so"], check=True)
    status, message, _ = capi.open_guard(library, unigram_folder, runtime=tmp_path / "old.so")
    assert (status, message) == (capi.NO_RUNTIME, "ONNX Runtime 1.7.0 is too old: 1.8 is needed")


def test_messages_hold_nothing_of_a_text(library: ctypes.CDLL, unigram_folder: Path) -> None:
    _, message, handle = capi.open_guard(library, unigram_folder)
    assert handle, message
    bits = ctypes.c_uint16()
    for attack in ATTACKS:
        library.tinyguard_scan(handle, attack.encode(), len(attack.encode()), 9, bits)
        assert library.tinyguard_message() == b"unknown role"
    library.tinyguard_close(handle)
