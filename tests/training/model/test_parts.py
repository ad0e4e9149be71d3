"""Embedding, pooling, pattern bank and router, each against a slow or hand-computed twin."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.training.model.conftest import SMALL, small
from training.model.config import CLASSES
from training.model.heads import Answer
from training.model.pooling import HierarchicalPooling, SimplePooling, chunk_means
from training.model.router import Fusion, Router, twice_if_harmful
from training.model.structures import STRUCTURES

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def test_folded_table_is_what_the_convolutions_add(batch: Batch) -> None:
    ids, _, features = batch
    embedding = small().embedding
    wanted = embedding(ids, features)
    embedding.tokens.weight.data.copy_(embedding.folded(batch=7))
    embedding.characters = None
    torch.testing.assert_close(embedding(ids, features), wanted)


def test_characters_are_pooled_over_the_piece_alone() -> None:
    encoder = small().embedding.characters
    assert encoder is not None
    piece = torch.tensor([[5, 6, 7, 0, 0, 0], [0] * 6])
    padded = F.pad(piece, (0, 14))
    torch.testing.assert_close(encoder(piece), encoder(padded))
    assert not encoder(piece)[1].any()
    x = encoder.symbols(piece[0])
    read = []
    for convolution in encoder.convolutions:
        width = convolution.kernel_size[0]
        rows = F.pad(x, (0, 0, 0, width))
        at = [torch.einsum("wc,ocw->o", rows[i : i + width], convolution.weight) + convolution.bias for i in range(3)]
        read.append(torch.stack(at).amax(0).relu())
    torch.testing.assert_close(encoder(piece)[0], encoder.project(torch.cat(read)), atol=1e-5, rtol=1e-5)


def test_features_are_asked_for(batch: Batch) -> None:
    with pytest.raises(ValueError, match="detector features"):
        small().embed(batch[0])


def test_chunk_means_against_numpy(batch: Batch) -> None:
    x, mask = torch.randn(3, 21, 4), batch[1]
    for size in (1, 4, 16, 64):
        means, real = chunk_means(x, mask, size)
        assert means.shape == (3, -(-21 // size), 4)
        for b in range(3):
            for chunk in range(means.shape[1]):
                rows = [x[b, t].numpy() for t in range(chunk * size, min(21, (chunk + 1) * size)) if mask[b, t]]
                assert bool(real[b, chunk]) == bool(rows)
                if rows:
                    np.testing.assert_allclose(means[b, chunk].numpy(), np.mean(rows, 0), atol=1e-6)


@pytest.mark.parametrize("kind", [SimplePooling, HierarchicalPooling])
def test_pooling_does_not_see_padding(kind: type, batch: Batch) -> None:
    pooling, x, mask = kind(SMALL), torch.randn(3, 21, 24), batch[1]
    whole = pooling(x, mask)
    torch.testing.assert_close(pooling(x + 50 * ~mask.unsqueeze(-1), mask), whole)
    torch.testing.assert_close(pooling(x[1:2, :9], mask[1:2, :9]), whole[1:2], atol=1e-5, rtol=1e-5)


def test_bank_gives_the_highest_cosine_of_any_token(batch: Batch) -> None:
    bank, mask = small().patterns, batch[1]
    assert bank is not None
    x = torch.randn(3, 21, 24)
    added, cosines = bank(x, mask)
    prototypes = torch.cat([bank.project(bank.written), bank.learned])
    for b in range(3):
        seen = bank.project(x[b, mask[b]])
        wanted = torch.stack([F.cosine_similarity(seen, p.expand_as(seen)).max() for p in prototypes])
        torch.testing.assert_close(cosines[b], wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(added, bank.read(cosines))
    assert cosines.shape[1] == len(STRUCTURES) + SMALL.prototypes_learned
    assert torch.bincount(bank.owner).tolist() == [SMALL.prototypes_learned // len(CLASSES)] * len(CLASSES)


def test_there_are_a_hundred_different_structures() -> None:
    assert len(STRUCTURES) == len(set(STRUCTURES)) == 100


def answer(n: int) -> Answer:
    return Answer(torch.randn(n, 4, requires_grad=True), torch.randn(n, 16), torch.randn(n), torch.randn(n))


def test_what_may_ask_for_harm_does_not_stay_fast() -> None:
    routes = torch.tensor([[0.95, 0.0, 0.05], [0.95, 0.0, 0.05], [0.2, 0.0, 0.8]])
    found = twice_if_harmful(routes, torch.tensor([-9.0, 9.0, 9.0]))
    torch.testing.assert_close(found[:, 0], torch.tensor([0.95, 0.5, 0.2]), atol=1e-3, rtol=0)
    assert torch.equal(found[:, 1:], routes[:, 1:])


def test_router_threshold_keeps_the_share_fast() -> None:
    torch.manual_seed(0)
    router, routes = Router(SMALL), torch.randn(1000, 3)
    for share in (0.0, 0.7, 1.0):
        router.calibrate(routes, share)
        assert router.stays_fast(routes, torch.full((1000,), -99.0)).float().mean().item() == pytest.approx(share)
    with pytest.raises(ValueError, match="share"):
        router.calibrate(routes, 1.2)


def test_a_router_that_follows_the_answer_asks_first_about_the_likeliest_attacks() -> None:
    torch.manual_seed(0)
    router, fast = Router(SMALL), answer(200)
    router.follow_answer()
    routes = router(fast, torch.randn(200), torch.randint(1, 300, (200,)), torch.rand(200, 5)).softmax(-1)
    by_attack = fast.classes.softmax(-1)[:, 0].argsort()
    assert (routes[by_attack, 0].diff() >= 0).all()
    assert routes[:, 0].min() < 0.3 < 0.7 < routes[:, 0].max()
    assert (routes[:, 1] == 0).all()


def test_routing_does_not_bend_the_fast_branch() -> None:
    router, fast = Router(SMALL), answer(6)
    confidence = torch.randn(6, requires_grad=True)
    router(fast, confidence, torch.arange(6), torch.rand(6, 5)).sum().backward()
    assert fast.classes.grad is None
    assert confidence.grad is None
    assert router.hidden.weight.grad is not None


def test_fusion_weighs_the_branches() -> None:
    fusion, fast, deep = Fusion(SMALL), answer(3), answer(3)
    with torch.no_grad():
        fusion.gate.bias.fill_(0.0)
    fused = fusion(fast, deep, torch.randn(3, 24), torch.randn(3, 24))
    for mixed, a, b in zip(fused, fast, deep, strict=True):
        torch.testing.assert_close(mixed, (a + b) / 2)
