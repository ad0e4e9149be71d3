from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from tests import core as _core  # noqa: F401  (loads the language tables)
from tests.training.model.conftest import SMALL, small
from tests.training.toys import FFN, WIDTH, toy_base
from training.model.config import DualConfig
from training.model.dual import DualBranch
from training.model.initialize import NOTHING, initialize
from training.model.parameters import active_per_token, parameters_by_part

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

ABLATIONS = (
    {},
    {"fast_branch": False},
    {"deep_branch": False},
    {"routing": False},
    {"characters": False},
    {"detectors": False},
    {"patterns": False},
    {"experts": 1, "experts_per_token": 1},
    {"hierarchical_pooling": False},
    {"separate_deep": True},
    {"fast_locator": True},
    {"deep_locator": True},
    {"characters": False, "detectors": False, "patterns": False, "routing": False},
)


@pytest.mark.parametrize("switches", ABLATIONS, ids=lambda s: "+".join(s) or "whole")
def test_every_switch_leaves_a_model_that_learns(switches: dict[str, object], batch: Batch) -> None:
    ids, mask, features = batch
    model = small(**switches).train()
    out = model(ids, mask, features)
    assert out.fused.classes.shape == (3, 4)
    assert out.fused.code.shape == (3, 16)
    assert out.fused.severity.shape == out.fused.harmful.shape == (3,)
    assert (out.deep is None) == (not model.config.deep_branch)
    branches = [out.fused, *([out.fast.answer] if out.fast.answer else []), *([out.deep.answer] if out.deep else [])]
    loss = sum(part.square().sum() for branch in branches for part in branch)
    for extra in (out.fast.confidence, out.fast.routes, out.fast.cosines):
        loss = loss + (0.0 if extra is None else extra.square().sum())
    loss.backward()
    silent = [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert silent == []


@pytest.mark.parametrize("switches", ABLATIONS, ids=lambda s: "+".join(s) or "whole")
def test_a_text_does_not_depend_on_its_neighbours(switches: dict[str, object], batch: Batch) -> None:
    ids, mask, features = batch
    model = small(**switches)
    together = model(ids, mask, features).fused
    for row, length in enumerate(mask.sum(1).tolist()):
        one = slice(row, row + 1)
        alone = model(ids[one, :length], mask[one, :length], features[one]).fused
        for a, b in zip(alone, together, strict=True):
            torch.testing.assert_close(a, b[one], atol=2e-5, rtol=2e-5)


def test_a_separate_deep_branch_does_not_hang_on_the_fast_one(batch: Batch) -> None:
    ids, mask, features = batch
    model = small(separate_deep=True)
    before = model(ids, mask, features)
    with torch.no_grad():
        for parameter in [*model.embedding.parameters(), *model.fast_layers.parameters()]:
            parameter.add_(0.1)
    after = model(ids, mask, features)
    assert before.deep is not None
    assert after.deep is not None
    torch.testing.assert_close(before.deep.answer.classes, after.deep.answer.classes)
    assert not torch.allclose(before.fast.answer.classes, after.fast.answer.classes)
    with pytest.raises(ValueError, match="embeddings for the deep branch"):
        model.forward_embeddings(model.embed(ids, features), mask, features)


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("threshold", [0.0, 0.34, 2.0])
def test_service_gives_the_answer_of_each_text_s_route(threshold: float, separate: bool, batch: Batch) -> None:
    ids, mask, features = batch
    model = small(separate_deep=separate)
    with torch.no_grad():
        model.router.threshold.fill_(threshold)
        model.router.routes.weight.mul_(30)
    out = model(ids, mask, features)
    got, route = model.infer(ids, mask, features)
    assert out.fast.answer is not None
    assert out.deep is not None
    for row, taken in enumerate(route.tolist()):
        wanted = (out.fast.answer, out.deep.answer, out.fused)[taken]
        for a, b in zip(got, wanted, strict=True):
            torch.testing.assert_close(a[row], b[row], atol=2e-5, rtol=2e-5)
    assert threshold != 0.0 or not route.any()
    assert threshold != 2.0 or route.all()


def test_each_route_is_taken_by_some_text() -> None:
    model = small()
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(3, 50, (40, 8), generator=generator)
    with torch.no_grad():
        model.router.routes.weight.mul_(200)
        model.router.routes.bias.zero_()
        features = torch.rand(40, 5, generator=generator)
        logits = model(ids, torch.ones_like(ids), features).fast.routes
        # Centred, so that each route wins somewhere.
        model.router.routes.bias.sub_(logits.mean(0))
    _, route = model.infer(ids, torch.ones_like(ids), features)
    assert set(route.tolist()) == {0, 1, 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    toy_base(tmp_path / "base")
    return tmp_path / "base"


def base_of(folder: Path, deep_layers: int = 1, **switches: object) -> DualBranch:
    size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
    shape = {"vocabulary": size, "width": WIDTH, "heads": 4, "ffn": FFN, "positions": 512, "fast_layers": 1}
    return DualBranch(dataclasses.replace(SMALL, **shape, deep_layers=deep_layers, expert_every=1, **switches))


@pytest.mark.parametrize("experts", [1, 4])
def test_a_fresh_model_computes_what_the_base_does(folder: Path, monkeypatch: pytest.MonkeyPatch, experts: int) -> None:
    """Without noise the experts are copies, characters and features begin at zero: the same hidden states."""
    monkeypatch.setattr("training.model.initialize.UPCYCLING_NOISE", 0.0)
    model = base_of(folder, experts=experts, experts_per_token=min(2, experts)).eval()
    initialize(model, folder)
    shape = {"hidden_size": WIDTH, "intermediate_size": FFN, "num_hidden_layers": 2, "num_attention_heads": 4}
    reference = BertModel(BertConfig(vocab_size=model.config.vocabulary, **shape), add_pooling_layer=False).eval()
    reference.load_state_dict(load_file(folder / "model.safetensors"))
    ids = torch.tensor([[0, 7, 9, 11, 2], [0, 8, 2, 1, 1]])
    mask = ids != 1
    x = reference(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    features = torch.rand(2, 5)
    hidden = model.run_fast(model.embed(ids, features), mask, features).hidden
    for layer in model.deep_layers:
        hidden, _ = layer(hidden, mask, (~mask)[:, None, None, :] * -1e4)
    torch.testing.assert_close(hidden[mask], x[mask], atol=1e-5, rtol=1e-5)


def test_upcycled_experts_differ_by_the_noise_alone(folder: Path) -> None:
    model = base_of(folder)
    initialize(model, folder, seed=4)
    up = model.deep_layers[0].feed.up.detach()
    assert 0.01 < ((up[0] - up[1]).std() / up.std()).item() < 0.05
    again = base_of(folder)
    initialize(again, folder, seed=4)
    assert torch.equal(again.deep_layers[0].feed.up, up)


@pytest.mark.parametrize(("branch", "layer"), [("fast", 0), ("deep", 1)])
def test_a_new_locator_finds_nothing_however_small_the_last_norm_leaves_its_states(
    branch: str, layer: int, folder: Path
) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    name = f"encoder.layer.{layer}.output.LayerNorm"
    tensors |= {f"{name}.weight": torch.full((WIDTH,), 0.05), f"{name}.bias": torch.full((WIDTH,), 0.3)}
    save_file(tensors, file)
    model = base_of(folder, **{f"{branch}_locator": True}).eval()
    initialize(model, folder)
    seen = []
    locator = getattr(model, f"{branch}_locator")
    locator.inner.register_forward_hook(lambda module, given, out: seen.append(out))
    ids = torch.tensor([[0, *range(4, 24), 2]])
    said, there = getattr(model(ids, ids != 1, torch.rand(1, 5)), branch).runs
    assert (said[there] - NOTHING).abs().max() < 1.0
    assert 0.2 < seen[0].std().item() < 2.0  # as of a norm without scale and shift


def test_prototypes_and_characters_come_from_the_base(folder: Path) -> None:
    model = base_of(folder)
    initialize(model, folder)
    written = model.patterns.written
    assert len({tuple(row.tolist()) for row in written}) > 50
    characters = model.embedding.piece_characters
    assert not characters[:3].any()
    assert characters[5, 0] == 1  # a space begins the piece of a whole word
    assert (characters[5] > 0).sum() == len(" please")


def test_a_base_that_does_not_fit_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        initialize(base_of(folder, deep_layers=3), folder)


@pytest.mark.parametrize(
    "wrong", [{"fast_branch": False, "deep_branch": False}, {"heads": 5}, {"experts_per_token": 9}]
)
def test_shapes_that_make_no_model_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"branch|multiple|out of"):
        dataclasses.replace(SMALL, **wrong)


def test_parameters_add_up() -> None:
    with torch.device("meta"):
        model = DualBranch(DualConfig())
    total = sum(p.numel() for p in model.parameters())
    # The router's threshold is the one parameter that no part lists on its own.
    assert sum(parameters_by_part(model).values()) == total
    assert 60e6 < total < 80e6
    gates, biases = 8 * 384, 8 * (384 + 1536)
    dense = 12 * (4 * 384 * 384 + 2 * 384 * 1536)
    assert active_per_token(model) == dense + 4 * (2 * 384 * 1536 + gates + biases)
