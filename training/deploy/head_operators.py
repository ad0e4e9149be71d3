"""What stands beside and after the layers, as PyTorch and ONNX see it. See `training.deploy.operators`.

Their large matrices are INT8 as the layers' are. Pooled vectors, in which a whole text was summed up, are not rounded
to 8 bits on the way into one (`FineLinear`).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.deploy.operators import apply, present
from training.deploy.packing import OUTPUTS, PackedLinear, dequantize, quantize
from training.model.ngrams import Ngrams, evidence
from training.model.patterns import PatternBank
from training.model.pooling import HierarchicalPooling, SimplePooling
from training.model.router import Router


def like_vector(g: Any, name: str, inputs: list[Any], width: int, **attributes: int) -> Any:
    """A node of the domain whose result is float32 [batch, width]."""
    kind = torch._C.TensorType.get().with_dtype(torch.float32).with_sizes([None, width])
    return g.op(f"tinyguard::{name}", *inputs, **attributes).setType(kind)


class FineLinearOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, x: Any, *parts: Any) -> Any:
        return like_vector(g, "FineLinear", [x, *parts], parts[1].type().sizes()[0])

    @staticmethod
    def forward(ctx: Any, x: Tensor, *parts: Tensor) -> Tensor:
        return apply(PackedLinear(*parts), x)


class PoolOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, width: int, x: Any, lengths: Any) -> Any:
        return like_vector(g, "Pool", [x, lengths], 3 * width)

    @staticmethod
    def forward(ctx: Any, width: int, x: Tensor, lengths: Tensor) -> Tensor:
        return pool(x, lengths)


class PoolScalesOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, scales: tuple[int, ...], x: Any, lengths: Any, queries: Any) -> Any:
        count, width = queries.type().sizes()
        sizes = g.op("Constant", value_t=torch.tensor(scales))
        return like_vector(g, "PoolScales", [x, lengths, sizes, queries], (count + 1) * width)

    @staticmethod
    def forward(ctx: Any, scales: tuple[int, ...], x: Tensor, lengths: Tensor, queries: Tensor) -> Tensor:
        return pool_scales(scales, x, lengths, queries)


class HighestCosinesOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, count: int, x: Any, lengths: Any, *parts: Any) -> Any:
        return like_vector(g, "HighestCosines", [x, lengths, *parts], count, prototypes_i=count)

    @staticmethod
    def forward(ctx: Any, count: int, x: Tensor, lengths: Tensor, *parts: Tensor) -> Tensor:
        return highest_cosines(count, x, lengths, *parts)


class RouterOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, *inputs: Any) -> Any:
        return like_vector(g, "Router", list(inputs), inputs[6].type().sizes()[0])

    @staticmethod
    def forward(ctx: Any, *inputs: Tensor) -> Tensor:
        return route(*inputs)


class NgramsOp(torch.autograd.Function):
    @staticmethod
    def symbolic(g: Any, ids: Any, lengths: Any, table: Any, scale: Any) -> Any:
        return like_vector(g, "Ngrams", [ids, lengths, table, scale], 1)

    @staticmethod
    def forward(ctx: Any, ids: Tensor, lengths: Tensor, table: Tensor, scale: Tensor) -> Tensor:
        if torch.jit.is_tracing():  # for the exporter, which fails at what `evidence` does, a shape is enough
            return scale.expand(len(ids), 1)
        return evidence(ids, lengths, table, scale)


def pool(x: Tensor, lengths: Tensor) -> Tensor:
    """x [B, T, D], lengths int64 [B] → [B, 3 D]: first token, mean, maximum."""
    keep = present(lengths, x.shape[1]).unsqueeze(-1).to(x.dtype)
    mean = (x * keep).sum(1) / keep.sum(1).clamp(min=1)
    peak = (x + (keep - 1.0) * 1e4).amax(1)
    return torch.cat([x[:, 0], mean, peak], dim=-1)


def chunk_means(x: Tensor, keep: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """As `training.model.pooling.chunk_means`, with a number of runs that the graph works out for itself."""
    b, t, d = x.shape
    whole = (t + size - 1) // size * size
    # Enough padding for any length, then cut to whole runs.
    x = torch.cat([x * keep, torch.zeros(b, size, d)], 1)[:, :whole]
    keep = torch.cat([keep, torch.zeros(b, size, 1)], 1)[:, :whole]
    counts = keep.reshape(b, -1, size).sum(2)
    return x.reshape(b, -1, size, d).sum(2) / counts.clamp(min=1.0).unsqueeze(-1), counts > 0


def pool_scales(scales: tuple[int, ...], x: Tensor, lengths: Tensor, queries: Tensor) -> Tensor:
    """x [B, T, D], lengths int64 [B], queries [S, D] → [B, (S + 1) D]: first token, then each scale's summary."""
    mask = present(lengths, x.shape[1])
    keep = mask.unsqueeze(-1).to(x.dtype)
    parts = [x[:, 0]]
    for query, size in zip(queries, scales, strict=True):
        means, real = chunk_means(x, keep, size) if size > 1 else (x * keep, mask)
        scores = (means @ query).masked_fill(~real, -1e4)
        parts.append((scores.softmax(-1).unsqueeze(-1) * means).sum(1))
    return torch.cat(parts, -1)


def highest_cosines(count: int, x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
    """x [B, T, D], lengths int64 [B], the maps to W and on to the prototypes → [B, P]."""
    project, prototypes = PackedLinear(*weights[:4]), PackedLinear(*weights[4:])
    cosines = F.normalize(apply(project, x), dim=-1) @ dequantize(prototypes)[:count].t()
    return cosines.masked_fill(~present(lengths, x.shape[1]).unsqueeze(-1), -1.0).amax(1)


def route(
    answer: Tensor, confidence: Tensor, lengths: Tensor, features: Tensor, hidden: Tensor, hidden_bias: Tensor,
    routes: Tensor, routes_bias: Tensor,
) -> Tensor:  # fmt: skip
    """answer [B, A], confidence logits [B, 1], lengths int64 [B], features [B, F] → [B, 3], probabilities."""
    p = answer[:, :4].softmax(-1)
    entropy = -(p * p.clamp(min=1e-9).log()).sum(-1, keepdim=True)
    known = [p, entropy, confidence.sigmoid(), (lengths.float() + 1.0).log().unsqueeze(-1)]
    if hidden.shape[1] > sum(part.shape[1] for part in known):
        known.append(features)
    x = torch.relu(F.linear(torch.cat(known, -1), hidden, hidden_bias))
    return F.linear(x, routes, routes_bias).softmax(-1)


def whole_panels(weight: Tensor) -> Tensor:
    """[N, K] with zeros added, so that both are multiples of 16."""
    rows, columns = weight.shape
    return F.pad(weight, (0, -columns % OUTPUTS, 0, -rows % OUTPUTS))


class DeployedMaps(nn.Module):
    """Quantized linear maps, kept as buffers in the operators' order."""

    def __init__(self, native: bool, *maps: PackedLinear):
        super().__init__()
        self.native, self.count = native, 4 * len(maps)
        for index, part in enumerate(part for one in maps for part in one):
            self.register_buffer(f"part{index}", part.detach())

    def parts(self) -> list[Tensor]:
        return [self.get_buffer(f"part{index}") for index in range(self.count)]


class DeployedPooling(DeployedMaps):
    """Either pooling of the model, with its hidden layer."""

    def __init__(self, pooling: SimplePooling | HierarchicalPooling, native: bool):
        super().__init__(native, quantize(pooling.hidden.weight, pooling.hidden.bias))
        self.scales: tuple[int, ...] = ()
        self.width = pooling.hidden.out_features
        if isinstance(pooling, HierarchicalPooling):
            self.scales = tuple(pooling.scales)
            self.register_buffer("queries", pooling.queries.detach())

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x [B, T, D], lengths int64 [B] → [B, D]."""
        if self.scales:
            asked = (self.scales, x, lengths, self.get_buffer("queries"))
            parts = PoolScalesOp.apply(*asked) if self.native else pool_scales(*asked)
        else:
            parts = PoolOp.apply(self.width, x, lengths) if self.native else pool(x, lengths)
        hidden = self.parts()
        return F.gelu(FineLinearOp.apply(parts, *hidden) if self.native else apply(PackedLinear(*hidden), parts))


class DeployedPatterns(DeployedMaps):
    """The highest cosine of any token with each prototype, written ones first."""

    def __init__(self, bank: PatternBank, native: bool):
        weight = whole_panels(bank.project.weight)
        project = quantize(weight, torch.zeros(weight.shape[0]))
        written = F.linear(bank.written, dequantize(project)[: bank.learned.shape[1], : bank.written.shape[1]])
        points = whole_panels(torch.cat([F.normalize(written, dim=-1), F.normalize(bank.learned, dim=-1)]))
        prototypes = quantize(points, torch.zeros(points.shape[0]))
        # The scales that make unit vectors of what the integers stand for.
        length = dequantize(prototypes).norm(dim=-1)
        super().__init__(native, project, prototypes._replace(scale=prototypes.scale / length.clamp(min=1e-12)))
        self.prototypes = len(bank.written) + len(bank.learned)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x [B, T, D], lengths int64 [B] → [B, P]."""
        cosines = HighestCosinesOp.apply if self.native else highest_cosines
        return cosines(self.prototypes, x, lengths, *self.parts())


class DeployedRouter(nn.Module):
    def __init__(self, router: Router, native: bool):
        super().__init__()
        self.router, self.native = router, native

    def forward(self, answer: Tensor, confidence: Tensor, lengths: Tensor, features: Tensor) -> Tensor:
        """Fast answer [B, A], confidence logits [B, 1], lengths int64 [B], features [B, F] → [B, 3]."""
        hidden, routes = self.router.hidden, self.router.routes
        decide = RouterOp.apply if self.native else route
        return decide(answer, confidence, lengths, features, hidden.weight, hidden.bias, routes.weight, routes.bias)


class DeployedNgrams(nn.Module):
    def __init__(self, ngrams: Ngrams, native: bool):
        super().__init__()
        self.ngrams, self.native = ngrams, native

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids int64 [B, T], lengths int64 [B] → [B, 1]."""
        if self.native:
            return NgramsOp.apply(ids, lengths, self.ngrams.table, self.ngrams.scale)  # type: ignore[no-any-return]
        return self.ngrams(ids, lengths)  # type: ignore[no-any-return]
