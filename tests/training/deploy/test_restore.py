"""A model folder's graphs back into a model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models

from tests.training.deploy.test_graphs import MAX_TOKENS, batch, deployable, wanted
from tests.training.model.conftest import small
from tests.training.toys import FFN, WIDTH
from training.deploy.export import export
from training.deploy.restore import by_spelling, restore, shaped
from training.loop.options import RunOptions

DENSE = {"experts": 1, "experts_per_token": 1}


@pytest.mark.parametrize("locator", [False, True])
@pytest.mark.parametrize("separate", [False, True])
def test_a_restored_model_answers_as_the_one_that_was_exported(separate: bool, locator: bool, tmp_path: Path) -> None:
    model = deployable(**DENSE, separate_deep=separate, fast_locator=locator, deep_locator=locator)
    with torch.no_grad():
        model.embedding.characters.project.weight.normal_(0, 0.02)
    export(model, tmp_path, MAX_TOKENS)
    other = deployable(**DENSE, separate_deep=separate, fast_locator=locator, deep_locator=locator)
    with torch.no_grad():
        for name, value in other.named_parameters():
            if name != "patterns.written":
                value.add_(0.1)
        if other.patterns is not None:
            other.patterns.written.copy_(model.patterns.written)
    kept = restore(other, tmp_path)
    assert not any(part in name for name in kept for part in ("layers", "heads", "tokens", "locator", "loudness"))
    asked = batch([21, 9, 2])
    for mine, theirs in zip(wanted(model.eval(), asked), wanted(other.eval(), asked), strict=True):
        # Eight bits a weight are what differs.
        assert (mine - theirs).abs().max() < 0.05 * mine.abs().max().clamp(min=1.0)


@pytest.mark.parametrize("locator", [False, True])
def test_a_model_without_a_deep_branch_gets_the_fast_one(locator: bool, tmp_path: Path) -> None:
    model = deployable(**DENSE, separate_deep=True, fast_locator=locator).eval()
    export(model, tmp_path, MAX_TOKENS)
    other = small(width=WIDTH, ffn=FFN, **DENSE, deep_branch=False, fast_locator=locator).eval()
    assert shaped(RunOptions(model=other.config), tmp_path).model == other.config
    restore(other, tmp_path)
    asked = batch([21, 9, 2])
    mask, features = asked["ids"] != 1, asked["features"]
    with torch.no_grad():
        mine, theirs = (m.run_fast(m.embed(asked["ids"], features), mask, features) for m in (other, model))
    assert mine.answer is not None
    assert theirs.answer is not None
    assert (mine.answer.classes - theirs.answer.classes).abs().max() < 0.05


@pytest.mark.parametrize("locator", [False, True])
def test_a_model_without_a_fast_branch_gets_the_deep_one_that_reads_the_text_itself(
    locator: bool, tmp_path: Path
) -> None:
    model = deployable(**DENSE, separate_deep=True, deep_locator=locator).eval()
    export(model, tmp_path, MAX_TOKENS)
    layers = model.config.deep_layers
    alone = small(width=WIDTH, ffn=FFN, **DENSE, fast_branch=False, fast_layers=0, deep_layers=layers,
                  deep_locator=locator).eval()  # fmt: skip
    assert shaped(RunOptions(model=alone.config), tmp_path).model == alone.config
    restore(alone, tmp_path)
    asked = batch([21, 9, 2])
    mask, features = asked["ids"] != 1, asked["features"]
    with torch.no_grad():
        mine = alone(asked["ids"], mask, features).fused
        theirs = model.run_deep(model.embed_deep(asked["ids"], features), mask).answer
    assert (mine.classes - theirs.classes).abs().max() < 0.05


def test_a_deep_branch_that_goes_on_from_the_fast_one_cannot_stand_alone(tmp_path: Path) -> None:
    export(deployable(**DENSE), tmp_path, MAX_TOKENS)
    with pytest.raises(ValueError, match="alone"):
        restore(small(width=WIDTH, ffn=FFN, **DENSE, fast_branch=False, fast_layers=0), tmp_path)


def test_a_deep_branch_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    export(deployable(**DENSE), tmp_path, MAX_TOKENS)
    with pytest.raises(ValueError, match="separate_deep"):
        restore(deployable(**DENSE, separate_deep=True), tmp_path)


@pytest.mark.parametrize("separate", [False, True])
def test_the_shape_of_the_deep_branch_is_the_folders(separate: bool, tmp_path: Path) -> None:
    model = deployable(**DENSE, separate_deep=separate, deep_layers=3, fast_locator=not separate, deep_locator=separate)
    export(model, tmp_path, MAX_TOKENS)
    found = shaped(RunOptions(steps=7), tmp_path)
    assert (found.model.separate_deep, found.model.deep_layers, found.steps) == (separate, 3, 7)
    assert (found.model.fast_locator, found.model.deep_locator) == (not separate, separate)


def test_experts_are_refused(tmp_path: Path) -> None:
    model = deployable()
    export(model, tmp_path, MAX_TOKENS)
    with pytest.raises(ValueError, match="experts"):
        restore(model, tmp_path)


def test_pieces_keep_their_rows_in_another_vocabulary(tmp_path: Path) -> None:
    """A base that was pruned anew: the folder's rows by spelling, its own for pieces that the folder does not have."""
    for name, pieces in (("old", "abc"), ("new", "xcba")):
        (tmp_path / name).mkdir()
        vocabulary = [(piece, -1.0) for piece in ("<unk>", *pieces)]
        Tokenizer(models.Unigram(vocabulary, 0, False)).save(str(tmp_path / name / "tokenizer.json"))
    rows, own = torch.arange(4.0).view(4, 1), torch.full((5, 1), -1.0)
    table = by_spelling(rows, tmp_path / "old", own, tmp_path / "new")
    assert table.flatten().tolist() == [0, -1, 3, 2, 1]
