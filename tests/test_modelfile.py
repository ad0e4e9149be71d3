"""Model files that are missing, damaged or unfit: one clear error each."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.tiny_model import FILES, with_weights_apart, write_model
from tinyguard import Guard, ModelFileError, Policy, native, ops


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_with_its_sha256(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path)
    expected = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / name).unlink()
    with pytest.raises(ModelFileError, match="missing") as caught:
        Guard(folder)
    assert name in str(caught.value)
    assert expected in str(caught.value)
    assert (caught.value.path, caught.value.sha256) == (folder / name, expected)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_file_is_named_with_its_sha256(tmp_path: Path, name: str, damage: str) -> None:
    folder = write_model(tmp_path)
    content = (folder / name).read_bytes()
    expected = hashlib.sha256(content).hexdigest()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    (folder / name).write_bytes({"cut": content[:-1], "flipped": flipped, "empty": b""}[damage])
    with pytest.raises(ModelFileError, match="damaged") as caught:
        Guard(folder)
    assert name in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize(("content", "problem"), [(None, "missing"), (b"", "damaged"), (b"TG" * 500, "damaged")])
def test_the_letter_statistics_are_named_too(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "language.bin"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(native, "_ready", False)
    monkeypatch.setattr(native, "LANGUAGE_FILE", path)
    with pytest.raises(ModelFileError, match=rf"language\.bin is {problem}") as caught:
        Guard(tiny_folder)
    assert caught.value.path == path


LIBRARY = ops.library()


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.99])
def test_a_damaged_library_of_operators_is_named(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    assert LIBRARY
    path, content = tmp_path / LIBRARY.name, LIBRARY.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    monkeypatch.setattr(ops, "library", lambda: path)
    with pytest.raises(ModelFileError, match="tinyguard_ops") as caught:
        Guard(tiny_folder)
    assert caught.value.path == path


def test_an_unknown_instruction_set_is_named(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGUARD_FORCE_ISA", "bogus")
    with pytest.raises(ValueError, match=r"TINYGUARD_FORCE_ISA: .*'bogus'.*portable"):
        Guard(tiny_folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_kind_is_named_even_if_its_sha256_fits(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path)
    for one in (name, name.replace(".plain", ""), name.replace(".onnx", ".plain.onnx")):  # whichever is loaded
        if one in FILES:
            (folder / one).write_bytes(b"{}")
    manifest = json.loads((folder / "model.json").read_text())
    for one, entry in manifest["files"].items():
        entry["sha256"] = hashlib.sha256((folder / one).read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match=name.split(".")[0]):
        Guard(folder)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"model\.json is missing"):
        Guard(tmp_path)


def test_a_path_that_no_file_can_have() -> None:
    with pytest.raises(ModelFileError, match=r"cannot be read: embedded null"):
        Guard("a\0b")


def test_a_preset_that_the_manifest_has_no_threshold_for(tmp_path: Path) -> None:
    folder = write_model(tmp_path, thresholds={})
    with pytest.raises(ModelFileError, match=r"model\.json has no threshold for policy 'balanced'"):
        Guard(folder)
    with pytest.raises(ValueError, match="unknown policy 'lenient'"):
        Guard(folder, policy="lenient")
    assert Guard(folder, policy=Policy.custom(0.5)).classify("the weather").is_safe


def test_a_file_that_a_graph_needs_must_be_listed(tmp_path: Path) -> None:
    folder = with_weights_apart(write_model(tmp_path))
    assert Guard(folder).classify("the weather").is_safe
    manifest = json.loads((folder / "model.json").read_text())
    manifest["files"] = {name: entry for name, entry in manifest["files"].items() if not name.endswith(".bin")}
    (folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match=r"model\.json is damaged: it does not list fast.*\.bin"):
        Guard(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff", b"{}", b"[" * 100_000, b"1" * 5_000])
def test_a_manifest_that_is_none(tmp_path: Path, content: bytes) -> None:
    folder = write_model(tmp_path)
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.json is damaged"):
        Guard(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1},
        {"classes": ["direct_injection", "benign"]},
        {"classes": ["benign", "something else"]},
        {"classes": ["benign", "direct_injection"]},  # the model has four
        {"max_tokens": "many"},
        {"window_overlap": 32},
        {"run_tokens": 32},
        {"run_tokens": -1},
        {"deep_reads": "minds"},
        {"window_overlap": 30},  # no room beside the special tokens
        {"calibration": {}},
        {"calibration": {branch: {"temperature": 0, "benign_bias": 0} for branch in ("fast", "deep")}},
        {"calibration": {branch: {"temperature": 1, "benign_bias": float("nan")} for branch in ("fast", "deep")}},
        {"calibration": {branch: {"temperature": float("inf"), "benign_bias": 0} for branch in ("fast", "deep")}},
        {"max_tokens": float("inf")},
        {"router_threshold": float("nan")},
        {"thresholds": None},
        {"thresholds": {"strict": 0.2, "balanced": 5.2, "permissive": 0.9}},
        {"thresholds": {"strict": 0.2, "balanced": float("nan"), "permissive": 0.9}},
        {"thresholds": {"strict": 0, "balanced": 0.6, "permissive": 0.9}},
        {"files": {}},
        {"files": {name: {"sha256": "short"} for name in FILES}},
        {"files": {name: {"sha256": "0" * 64} for name in (*FILES, "../elsewhere.bin")}},
        {"files": {name: {"sha256": "0" * 64} for name in (*FILES, "..")}},
        {"files": {name: {"sha256": "0" * 64} for name in ("", *FILES)}},
        {"files": {name: {"sha256": "0" * 64} for name in ("a\\b", *FILES)}},
        {"files": {name: {"sha256": "0" * 64} for name in ("a\0b", *FILES)}},
        {"files": {name: {"sha256": "0" * 64} for name in ("\ud800", *FILES)}},
    ],
)
def test_a_manifest_that_does_not_fit(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(ModelFileError, match=r"(model\.json|fast)"):
        Guard(write_model(tmp_path, **change))
