"""The dual-branch model: four layers that answer at once, eight more for texts that need them.

The deep branch goes on from the fast branch's hidden states (early exit, as in BranchyNet, Teerapittayanon et al.
2016), so one pretrained twelve-layer encoder fills both. Or it is an encoder of its own beside the fast branch, from
the tokens on (`separate_deep`): what two networks know differs more than what two exits of one do, and the fast branch
need not give way to the deep one. Shapes: B texts, T tokens, D width, F features.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.model.config import DualConfig
from training.model.embedding import ThreatEmbedding
from training.model.experts import Gating
from training.model.heads import Answer, Heads
from training.model.layer import Layer
from training.model.locator import HeardLocator, Runs
from training.model.patterns import PatternBank
from training.model.pooling import HierarchicalPooling, SimplePooling
from training.model.router import Fusion, Router


class FastState(NamedTuple):
    """What the fast branch leaves behind."""

    hidden: Tensor  # [B, T, D], what the deep branch goes on from, unless it reads the text itself
    pooled: Tensor | None  # [B, D]
    answer: Answer | None
    confidence: Tensor | None  # logit [B]: that the fast classes are right
    cosines: Tensor | None  # [B, prototypes]
    routes: Tensor | None  # logits [B, 3]
    runs: Runs | None = None


class DeepState(NamedTuple):
    """What the deep branch adds."""

    pooled: Tensor
    answer: Answer
    gates: tuple[Gating, ...]
    runs: Runs | None = None


class Output(NamedTuple):
    """Everything that a loss may want; `fused` is what counts."""

    fused: Answer
    fast: FastState
    deep: DeepState | None


class DualBranch(nn.Module):
    """Embedding, fast branch, router, deep branch, fusion, as the config has them."""

    def __init__(self, config: DualConfig):
        super().__init__()
        self.config = config
        self.embedding = ThreatEmbedding(config)
        self.fast_layers = nn.ModuleList(Layer(config) for _ in range(config.fast_layers))
        if config.fast_branch:
            self.fast_pooling = SimplePooling(config)
            self.patterns = PatternBank(config) if config.patterns else None
            self.fast_heads = Heads(config)
            self.confidence = nn.Linear(config.width, 1)
            self.fast_locator = HeardLocator(config) if config.fast_locator else None
        self.deep_embedding = ThreatEmbedding(config) if config.deep_branch and config.separate_deep else None
        if config.deep_branch:
            self.deep_layers = nn.ModuleList(Layer(config, config.has_experts(i)) for i in range(config.deep_layers))
            self.deep_pooling = (HierarchicalPooling if config.hierarchical_pooling else SimplePooling)(config)
            self.deep_heads = Heads(config)
            self.deep_locator = HeardLocator(config) if config.deep_locator else None
        if config.fast_branch and config.deep_branch:
            self.router = Router(config) if config.routing else None
            self.fusion = Fusion(config)

    def embed(self, ids: Tensor, features: Tensor | None = None) -> Tensor:
        """ids int64 [B, T], features float32 [B, F] → [B, T, D]."""
        return self.embedding(ids, features)

    def embed_deep(self, ids: Tensor, features: Tensor | None = None) -> Tensor | None:
        """As `embed`, for the deep branch; None where that goes on from the fast one."""
        return None if self.deep_embedding is None else self.deep_embedding(ids, features)

    def run_fast(self, x: Tensor, mask: Tensor, features: Tensor | None) -> FastState:
        """Embeddings [B, T, D], mask bool [B, T] → the fast branch's state."""
        bias = attention_bias(mask, x.dtype)
        for layer in self.fast_layers:
            x, _ = layer(x, mask, bias)
        if not self.config.fast_branch:
            return FastState(x, None, None, None, None, None)
        pooled, cosines = self.fast_pooling(x, mask), None
        if self.patterns is not None:
            matched, cosines = self.patterns(x, mask)
            pooled = pooled + matched
        answer, confidence = self.fast_heads(pooled), self.confidence(pooled).squeeze(-1)
        routes = runs = None
        if self.fast_locator is not None:
            answer, runs = self.fast_locator.heard(answer, x, mask)
        if self.config.deep_branch and self.router is not None:
            routes = self.router(answer, confidence, mask.sum(1), features if self.config.detectors else None)
        return FastState(x, pooled, answer, confidence, cosines, routes, runs)

    def run_deep(self, hidden: Tensor, mask: Tensor) -> DeepState:
        """Hidden states [B, T, D] of the fast layers, or the deep branch's own embeddings → the deep branch's state."""
        x, bias = hidden, attention_bias(mask, hidden.dtype)
        gates = []
        for layer in self.deep_layers:
            x, gating = layer(x, mask, bias)
            if gating is not None:
                gates.append(gating)
        pooled, runs = self.deep_pooling(x, mask), None
        answer = self.deep_heads(pooled)
        if self.deep_locator is not None:
            answer, runs = self.deep_locator.heard(answer, x, mask)
        return DeepState(pooled, answer, tuple(gates), runs)

    def fuse(self, fast: FastState, deep: DeepState | None) -> Answer:
        """The answer that counts where both branches have been asked that there are."""
        if deep is None:
            assert fast.answer is not None
            return fast.answer
        if fast.answer is None or fast.pooled is None:
            return deep.answer
        return self.fusion(fast.answer, deep.answer, fast.pooled, deep.pooled)

    def forward_embeddings(
        self, x: Tensor, mask: Tensor, features: Tensor | None = None, deep_x: Tensor | None = None
    ) -> Output:
        """From embeddings on, with every branch; the place where adversarial training steps in.

        deep_x  what `embed_deep` gives. Raises ValueError where the deep branch needs it and has not got it
        """
        if (deep_x is None) != (self.deep_embedding is None):
            raise ValueError("embeddings for the deep branch are wanted where it reads the text itself, and only there")
        fast = self.run_fast(x, mask, features)
        deep = self.run_deep(fast.hidden if deep_x is None else deep_x, mask) if self.config.deep_branch else None
        return Output(self.fuse(fast, deep), fast, deep)

    def forward(self, ids: Tensor, mask: Tensor, features: Tensor | None = None) -> Output:
        """ids int64 [B, T], mask [B, T] of the real tokens, features float32 [B, F] → every branch's answers."""
        embedded, deep_x = self.embed(ids, features), self.embed_deep(ids, features)
        return self.forward_embeddings(embedded, mask.bool(), features, deep_x)

    @torch.no_grad()
    def infer(self, ids: Tensor, mask: Tensor, features: Tensor | None = None) -> tuple[Answer, Tensor]:
        """As in service: a text that the router keeps fast never sees the deep layers. Logits, and route int64 [B]
        (index into `config.ROUTES`)."""
        mask = mask.bool()
        fast = self.run_fast(self.embed(ids, features), mask, features)
        count = len(ids)
        if not self.config.deep_branch:
            return self.fuse(fast, None), torch.zeros(count, dtype=torch.long)
        if fast.routes is None or self.router is None:
            route = torch.full((count,), 2 if self.config.fast_branch else 1)
            deep_x = self.embed_deep(ids, features)
            return self.fuse(fast, self.run_deep(fast.hidden if deep_x is None else deep_x, mask)), route
        assert fast.answer is not None
        assert fast.pooled is not None
        stays = self.router.stays_fast(fast.routes, fast.answer.harmful)
        route = torch.where(stays, 0, 1 + fast.routes[:, 1:].argmax(-1))
        chosen = [part.clone() for part in fast.answer]
        rows = (route > 0).nonzero().squeeze(1)
        if len(rows):
            deep_x = self.embed_deep(ids[rows], features[rows] if features is not None else None)
            deep = self.run_deep(fast.hidden[rows] if deep_x is None else deep_x, mask[rows])
            part = Answer(*(field[rows] for field in fast.answer))
            fused = self.fusion(part, deep.answer, fast.pooled[rows], deep.pooled)
            both = route[rows] == 2
            for out, alone, mixed in zip(chosen, deep.answer, fused, strict=True):
                out[rows] = torch.where(both.view(-1, *[1] * (alone.dim() - 1)), mixed, alone)
        return Answer(*chosen), route


def attention_bias(mask: Tensor, dtype: torch.dtype) -> Tensor | None:
    """Mask bool [B, T] → additive [B, 1, 1, T], or None where nothing is padded."""
    if bool(mask.all()):
        return None
    return (~mask)[:, None, None, :].to(dtype) * -1e4
