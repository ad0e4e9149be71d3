"""Probing for trigger words, with a scorer that convicts a known word."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.loop.conftest import mixture  # noqa: F401
from tests.training.toys import run, toy_options
from training.data.mixture import doubtful, group
from training.data.probe import Probe, benign_rows, fill, language_of, languages, pieces, probe
from training.data.probe_frames import FRAMES, NEUTRAL, PLAIN
from training.data.scorer import cut, load_scorer
from training.loop.run import train


def convicts(word: str):
    """A scorer to which every text with `word` is an attack with 0.9, alone or not, and any other with 0.1."""

    def score(rows):
        attack = np.array([0.9 if word in row["text"] else 0.1 for row in rows])
        return np.stack([1 - attack, attack], 1)

    return score


def test_the_convicted_word_comes_first(mixture: Path) -> None:  # noqa: F811
    tokenizer = Tokenizer.from_file(str(mixture / "base/tokenizer.json"))
    texts = pieces(tokenizer)
    assert "cats" in texts
    assert not {"<s>", "</s>", "", "▁cats"} & set(texts)
    found = probe(convicts("cats"), texts, suspects=5)
    assert [(p.piece, p.alone, round(p.framed, 6)) for p in found[:2]] == [
        ("cats", 0.9, 0.9),
        (found[1].piece, 0.1, 0.1),
    ] or (found[0].piece == "cats" and found[0].score == pytest.approx(0.9) and found[1].score == pytest.approx(0.1))
    assert len(found) == 5


def test_every_frame_has_its_word_and_fills() -> None:
    assert len(FRAMES) >= 30
    for language, frames in {**FRAMES, "plain": PLAIN, "neutral": NEUTRAL}.items():
        assert len(set(frames)) == len(frames), language
        for frame in frames:
            assert "{x}" in frame, (language, frame)
            text = fill(frame, ["AAA", "BBB", "CCC"])
            assert "AAA" in text
            assert not any(slot in text for slot in ("{x}", "{y}", "{z}", "{{", "}}")), frame


def test_rows_are_benign_different_and_use_every_piece() -> None:
    found = [Probe("secret", 0.9, 0.8), Probe("geheim", 0.7, 0.2), Probe("</", 0.6, 0.1), Probe("тайна", 0.2, 0.2)]
    words = frozenset({"secret", "geheim", "</"})
    rows = list(benign_rows(found, {"secret": "en", "geheim": "de", "тайна": "ru"}, words, 200, random.Random(0)))
    assert len(rows) == len({row["text"] for row in rows}) == 200
    assert {row["trigger"] for row in rows} == {p.piece for p in found}
    for row in rows:
        assert row["trigger"] in row["text"]
        assert group(row) == "benign_hard"
        assert not doubtful(row)
    assert {row["lang"] for row in rows if row["trigger"] == "geheim"} == {"de"}
    for piece in ("</", "тайна"):  # no letters; no word of its own
        assert {row["lang"] for row in rows if row["trigger"] == piece} == {"unknown"}


def test_a_piece_belongs_to_the_language_that_uses_it_most(mixture: Path) -> None:  # noqa: F811
    tokenizer = Tokenizer.from_file(str(mixture / "base/tokenizer.json"))
    rows = [{"text": "▁cats▁please", "lang": "de"}, {"text": "▁weather▁the▁the▁please▁please▁please▁please", "lang": "fr"},
            {"text": "rules", "lang": "xx"}]  # fmt: skip
    known = languages(tokenizer, rows)
    assert (known["cats"], known["weather"], known["please"]) == ("de", "fr", "fr")
    assert "rules" not in known
    rng = random.Random(0)
    words = frozenset({"привет", "こん", "12"})
    assert language_of("привет", {}, words, rng) in ("ru", "uk", "bg")
    assert language_of("こん", {}, words, rng) == "ja"
    assert language_of("12", {}, words, rng) is None
    assert language_of("ing", {"ing": "en"}, words, rng) is None


def test_windows_of_a_long_text_and_of_an_empty_one(mixture: Path) -> None:  # noqa: F811
    tokenizer = Tokenizer.from_file(str(mixture / "base/tokenizer.json"))
    rows = [{"text": "x" * 2000}, {"text": " "}, {"text": "x" * 120}]
    arrays, owner = cut(tokenizer, rows, size=100)
    assert owner.tolist() == [0, 0, 0, 0, 1, 2, 2]  # no more than four windows of a text
    lengths = np.diff(arrays["ends"], prepend=0)
    assert lengths.tolist() == [100, 100, 100, 100, 1, 100, 84]
    assert len(arrays["features"]) == 7


def test_command_on_a_checkpoint_and_on_a_model_folder(
    mixture: Path,  # noqa: F811
    tmp_path: Path,
    tiny_folder: Path,
) -> None:
    train(toy_options(mixture, steps=2), mixture / "base", mixture / "mixture.npz", tmp_path / "run", quiet=True)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps({"text": "what is the weather", "lang": "en", "label": "benign"}) + "\n")
    tokenizer = mixture / "base/tokenizer.json"
    for name, model in (("a", [tmp_path / "run/last.pt", "--tokenizer", tokenizer]), ("b", [tiny_folder])):
        listed, rows = tmp_path / f"{name}.list", tmp_path / f"{name}.rows"
        run(
            "training.data.probe",
            *model,
            "--list",
            listed,
            "--rows",
            rows,
            "--corpus",
            corpus,
            "--suspects",
            8,
            "--count",
            30,
        )
        scores = [max(p["alone"], p["framed"]) for p in map(json.loads, listed.read_text().splitlines())]
        assert len(scores) == 8
        assert scores == sorted(scores, reverse=True)
        assert len(rows.read_text().splitlines()) == 30
    with pytest.raises(ValueError, match="tokenizer"):
        load_scorer(tmp_path / "run/last.pt")
