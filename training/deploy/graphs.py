"""The two graphs that the runtime joins: the fast branch with the router, and what the deep branch adds.

    fast   ids int64 [B, T], lengths int64 [B], features float32 [B, F]
           → hidden [B, T, D], pooled [B, D], answer [B, A], routes [B, 3]
    deep   hidden [B, T, D], lengths int64 [B], pooled [B, D], answer [B, A], routes [B, 3]
           → answer [B, A]

An answer is the heads' logits side by side: classes, the 16 threat codes, severity, harmful intent. `routes` are the
router's probabilities of fast_only, deep_only and both; the deep graph itself picks between the last two. The real
tokens of a row stand first; `lengths` counts them. B and T are free.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.deploy.operators import DeployedLayer, EmbeddingOp, embed, present
from training.model.dual import DualBranch
from training.model.heads import Heads
from training.model.pooling import HierarchicalPooling
from training.quantization.scheme import symmetric


def joined(heads: Heads) -> nn.Linear:
    """All heads as one linear map of A = 4 + 16 + 1 + 1 outputs."""
    parts = (heads.classes, heads.code, heads.severity, heads.harmful)
    one = nn.Linear(parts[0].in_features, sum(part.out_features for part in parts))
    with torch.no_grad():
        one.weight.copy_(torch.cat([part.weight for part in parts]))
        one.bias.copy_(torch.cat([part.bias for part in parts]))
    return one


class FastGraph(nn.Module):
    """Embedding, fast layers, pattern bank, heads, router."""

    table: Tensor
    scale: Tensor
    positions: Tensor
    prototypes: Tensor

    def __init__(self, model: DualBranch, native: bool, max_tokens: int):
        super().__init__()
        if not (model.config.fast_branch and model.config.deep_branch and model.router is not None):
            raise ValueError("only a model with both branches and a router can be deployed")
        self.native = native
        embedding = model.embedding
        q, scale = symmetric(embedding.folded())
        self.register_buffer("table", q.to(torch.int8))
        self.register_buffer("scale", scale.squeeze(-1))
        self.register_buffer("positions", embedding.positions.weight.detach()[:max_tokens].clone())
        self.norm, self.detectors, self.features = embedding.norm, embedding.detectors, model.config.features
        self.layers = nn.ModuleList(DeployedLayer(layer, native) for layer in model.fast_layers)
        self.pooling, self.patterns = model.fast_pooling, model.patterns
        if self.patterns is not None:
            written = self.patterns.project(self.patterns.written)
            together = F.normalize(torch.cat([written, self.patterns.learned]), dim=-1)
            self.register_buffer("prototypes", together.detach().t().contiguous())
        self.heads, self.confidence, self.router = joined(model.fast_heads), model.confidence, model.router

    def forward(self, ids: Tensor, lengths: Tensor, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        if self.detectors is not None:
            shift = self.detectors(features)
        else:
            shift = torch.zeros(ids.shape[0], self.positions.shape[1]) + 0.0 * features[:, :1]
        parts = (ids, self.table, self.scale, self.positions, shift, self.norm.weight, self.norm.bias)
        x = EmbeddingOp.apply(*parts) if self.native else embed(*parts)
        for layer in self.layers:
            x = layer(x, lengths)
        mask = present(lengths, ids.shape[1])
        pooled = self.pooling(x, mask)
        if self.patterns is not None:
            cosines = F.normalize(self.patterns.project(x), dim=-1) @ self.prototypes
            pooled = pooled + self.patterns.read(cosines.masked_fill(~mask.unsqueeze(-1), -1.0).amax(1))
        answer, confidence = self.heads(pooled), self.confidence(pooled)
        p = answer[:, :4].softmax(-1)
        entropy = -(p * p.clamp(min=1e-9).log()).sum(-1, keepdim=True)
        known = [p, entropy, confidence.sigmoid(), (lengths.float() + 1.0).log().unsqueeze(-1)]
        if self.detectors is not None:
            known.append(features)
        routes = self.router.routes(torch.relu(self.router.hidden(torch.cat(known, -1)))).softmax(-1)
        return x, pooled, answer, routes


def chunk_means(x: Tensor, keep: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """As `training.model.pooling.chunk_means`, with a number of runs that the graph works out for itself."""
    b, t, d = x.shape
    whole = (t + size - 1) // size * size
    # Enough padding for any length, then cut to whole runs.
    x = torch.cat([x * keep, torch.zeros(b, size, d)], 1)[:, :whole]
    keep = torch.cat([keep, torch.zeros(b, size, 1)], 1)[:, :whole]
    counts = keep.reshape(b, -1, size).sum(2)
    return x.reshape(b, -1, size, d).sum(2) / counts.clamp(min=1.0).unsqueeze(-1), counts > 0


class DeepGraph(nn.Module):
    """Deep layers, hierarchical pooling, heads, fusion, and the choice between the deep answer and the fused one."""

    def __init__(self, model: DualBranch, native: bool):
        super().__init__()
        self.layers = nn.ModuleList(DeployedLayer(layer, native) for layer in model.deep_layers)
        self.pooling, self.heads, self.fusion = model.deep_pooling, joined(model.deep_heads), model.fusion

    def pool(self, x: Tensor, mask: Tensor) -> Tensor:
        if not isinstance(self.pooling, HierarchicalPooling):
            return self.pooling(x, mask)  # type: ignore[no-any-return]
        keep = mask.unsqueeze(-1).to(x.dtype)
        parts = [x[:, 0]]
        for query, size in zip(self.pooling.queries, self.pooling.scales, strict=True):
            means, real = chunk_means(x, keep, size) if size > 1 else (x * keep, mask)
            scores = (means @ query).masked_fill(~real, -1e4)
            parts.append((scores.softmax(-1).unsqueeze(-1) * means).sum(1))
        return F.gelu(self.pooling.hidden(torch.cat(parts, -1)))

    def forward(self, hidden: Tensor, lengths: Tensor, pooled: Tensor, answer: Tensor, routes: Tensor) -> Tensor:
        x = hidden
        for layer in self.layers:
            x = layer(x, lengths)
        deep = self.pool(x, present(lengths, hidden.shape[1]))
        alone = self.heads(deep)
        share = torch.sigmoid(self.fusion.gate(torch.cat([pooled, deep], -1)))
        both = share * answer + (1.0 - share) * alone
        return torch.where((routes[:, 2] > routes[:, 1]).unsqueeze(-1), both, alone)
