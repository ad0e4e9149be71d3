"""The two graphs that the runtime joins: the fast branch with the router, and what the deep branch adds.

    fast   ids int64 [B, T], lengths int64 [B], features float32 [B, F]
           → hidden [B, T, D], pooled [B, D], answer [B, A], routes [B, 3]; with a locator, loudest [B, 2]
    deep   hidden [B, T, D], lengths int64 [B], pooled [B, D], answer [B, A], routes [B, 3]
           → answer [B, A]; where the deep branch reads the text itself, ids and features instead of hidden

An answer is the heads' logits side by side: classes, the 16 threat codes, severity, harmful intent. What n-grams say
against a text is taken from the fast answer's benign logit, and the router sees what is left. `loudest` is how loud the
loudest run of tokens is, and the token of the text at which it begins. `routes` are the router's probabilities of
fast_only, deep_only and both, the first lowered where something harmful may be asked (`training.model.router`); the
deep graph itself picks between the last two. The real tokens of a row stand first; `lengths` counts them. B and T are
free.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.deploy.head_operators import DeployedNgrams, DeployedPatterns, DeployedPooling, DeployedRouter
from training.deploy.operators import DeployedLayer, EmbeddingOp, embed
from training.model.dual import DualBranch
from training.model.embedding import ThreatEmbedding
from training.model.heads import Heads
from training.model.locator import MARGIN, Locator
from training.model.ngrams import Ngrams
from training.model.router import twice_if_harmful
from training.quantization.scheme import symmetric


def joined(heads: Heads) -> nn.Linear:
    """All heads as one linear map of A = 4 + 16 + 1 + 1 outputs."""
    parts = (heads.classes, heads.code, heads.severity, heads.harmful)
    one = nn.Linear(parts[0].in_features, sum(part.out_features for part in parts))
    with torch.no_grad():
        one.weight.copy_(torch.cat([part.weight for part in parts]))
        one.bias.copy_(torch.cat([part.bias for part in parts]))
    return one


class Reader(nn.Module):
    """A graph that may begin with token ids: the embedding with its table in INT8, if there is one."""

    table: Tensor
    scale: Tensor
    positions: Tensor

    def __init__(self, embedding: ThreatEmbedding | None, native: bool, max_tokens: int):
        super().__init__()
        self.native, self.reads = native, embedding is not None
        if embedding is None:
            return
        q, scale = symmetric(embedding.folded())
        self.register_buffer("table", q.to(torch.int8))
        self.register_buffer("scale", scale.squeeze(-1))
        self.register_buffer("positions", embedding.positions.weight.detach()[:max_tokens].clone())
        self.norm, self.detectors = embedding.norm, embedding.detectors

    def embed(self, ids: Tensor, features: Tensor) -> Tensor:
        """ids int64 [B, T], features float32 [B, F] → [B, T, D]."""
        if self.detectors is not None:
            shift = self.detectors(features)
        else:
            shift = torch.zeros(ids.shape[0], self.positions.shape[1]) + 0.0 * features[:, :1]
        parts = (ids, self.table, self.scale, self.positions, shift, self.norm.weight, self.norm.bias)
        return EmbeddingOp.apply(*parts) if self.native else embed(*parts)  # type: ignore[no-any-return]


class FastGraph(Reader):
    """Embedding, fast layers, pattern bank, heads, locator, n-grams, router."""

    def __init__(
        self,
        model: DualBranch,
        native: bool,
        max_tokens: int,
        ngrams: Ngrams | None = None,
        locator: Locator | None = None,
    ):
        if not (model.config.fast_branch and model.config.deep_branch and model.router is not None):
            raise ValueError("only a model with both branches and a router can be deployed")
        super().__init__(model.embedding, native, max_tokens)
        self.layers = nn.ModuleList(DeployedLayer(layer, native) for layer in model.fast_layers)
        self.pooling = DeployedPooling(model.fast_pooling, native)
        self.patterns = DeployedPatterns(model.patterns, native) if model.patterns is not None else None
        self.read = model.patterns.read if model.patterns is not None else None
        self.heads, self.confidence = joined(model.fast_heads), model.confidence
        self.router = DeployedRouter(model.router, native)
        self.ngrams = DeployedNgrams(ngrams, native) if ngrams is not None else None
        if locator is not None and model.fast_locator is not None:
            raise ValueError("the model has a locator of its own")
        self.locator, self.heard = locator, model.fast_locator

    def forward(self, ids: Tensor, lengths: Tensor, features: Tensor) -> tuple[Tensor, ...]:
        x = self.embed(ids, features)
        for layer in self.layers:
            x = layer(x, lengths)
        pooled = self.pooling(x, lengths)
        if self.patterns is not None and self.read is not None:
            pooled = pooled + self.read(self.patterns(x, lengths))
        answer, loudest = self.heads(pooled), None
        if self.locator is not None:
            loudest = self.locator(x, lengths)
        if self.heard is not None:
            loudest = self.heard(x, lengths)
            answer = self.heard.raised(answer, loudest)
            loudest = torch.cat([loudest[:, :1] + MARGIN, loudest[:, 1:]], 1)
        if self.ngrams is not None:
            answer = torch.cat([answer[:, :1] - self.ngrams(ids, lengths), answer[:, 1:]], 1)
        routes = self.router(answer, self.confidence(pooled), lengths, features)
        routes = twice_if_harmful(routes, answer[:, -1])
        read = x, pooled, answer, routes
        return read if loudest is None else (*read, loudest)


class DeepGraph(Reader):
    """Deep layers, hierarchical pooling, heads, locator, fusion, and the choice between deep and fused answers."""

    def __init__(self, model: DualBranch, native: bool, max_tokens: int):
        super().__init__(model.deep_embedding, native, max_tokens)
        self.layers = nn.ModuleList(DeployedLayer(layer, native) for layer in model.deep_layers)
        self.pooling = DeployedPooling(model.deep_pooling, native)
        self.heads, self.fusion = joined(model.deep_heads), model.fusion
        self.heard = model.deep_locator

    def forward(
        self, start: Tensor, lengths: Tensor, pooled: Tensor, answer: Tensor, routes: Tensor, *features: Tensor
    ) -> Tensor:
        x = self.embed(start, *features) if self.reads else start
        for layer in self.layers:
            x = layer(x, lengths)
        deep = self.pooling(x, lengths)
        alone = self.heads(deep)
        if self.heard is not None:
            alone = self.heard.raised(alone, self.heard(x, lengths))
        share = torch.sigmoid(self.fusion.gate(torch.cat([pooled, deep], -1)))
        both = share * answer + (1.0 - share) * alone
        return torch.where((routes[:, 2] > routes[:, 1]).unsqueeze(-1), both, alone)
