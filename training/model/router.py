"""Whether a text needs the deep branch, and what to do with two answers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.model.config import CLASSES, ROUTES, DualConfig
from training.model.heads import Answer

#: How steeply the probability of staying fast rises with that of a benign text, where the answer alone decides.
STEEPNESS = 8.0
#: Logit of a route that no text takes. Training holds the differences of the routes' logits and not the logits: version
#: 6's lie around -28, so that -30 was not low enough.
NEVER = -1e4


class Router(nn.Module):
    """Complexity of a text to one of three routes.

    It sees what is known after the fast layers: length, detector features, the fast branch's class probabilities,
    their entropy, and its confidence. The gradient of its loss stops there, so that routing does not bend the branch.
    """

    def __init__(self, config: DualConfig):
        super().__init__()
        inputs = len(CLASSES) + 3 + (config.features if config.detectors else 0)
        self.hidden = nn.Linear(inputs, config.router_width)
        self.routes = nn.Linear(config.router_width, len(ROUTES))
        # A text stays fast where P(fast_only) is at least this; set for a share of traffic, see `calibrate`.
        self.threshold = nn.Parameter(torch.tensor(0.5), requires_grad=False)

    def forward(self, fast: Answer, confidence: Tensor, lengths: Tensor, features: Tensor | None) -> Tensor:
        """Fast logits, confidence logit [B], tokens a text int64 [B], features [B, F] or None → logits [B, 3]."""
        p = fast.classes.detach().softmax(-1)
        entropy = -(p * p.clamp(min=1e-9).log()).sum(-1, keepdim=True)
        known = [p, entropy, confidence.detach().sigmoid().unsqueeze(-1), lengths.to(p.dtype).log1p().unsqueeze(-1)]
        if features is not None:
            known.append(features.to(p.dtype))
        return self.routes(torch.relu(self.hidden(torch.cat(known, -1))))

    def stays_fast(self, routes: Tensor, harmful: Tensor) -> Tensor:
        """Logits of routes [B, 3] and of harmful intent [B] → bool [B]: the deep branch is not asked."""
        return twice_if_harmful(routes.softmax(-1), harmful)[:, 0] >= self.threshold

    @torch.no_grad()
    def follow_answer(self) -> None:
        """Let the fast branch's answer alone decide: the likelier it finds an attack, the sooner the deep branch is
        asked, which then never answers alone.

        What decides a verdict is whether a text is near the threshold. A router that learns where the fast branch is
        right learned how long a text is (training/LOG.md, section 20); this is the ranking of a cascade, in which the
        cheap model rejects and only what it does not reject costs more (Viola and Jones 2001, "Rapid object detection
        using a boosted cascade of simple features").
        """
        for parameter in (*self.hidden.parameters(), *self.routes.parameters()):
            parameter.zero_()
        self.hidden.weight[0, CLASSES.index("benign")] = 1.0
        fast, deep = ROUTES.index("fast_only"), ROUTES.index("deep_only")
        self.routes.weight[fast, 0] = STEEPNESS
        self.routes.bias[fast] = -STEEPNESS / 2
        self.routes.bias[deep] = NEVER

    @torch.no_grad()
    def calibrate(self, routes: Tensor, share: float) -> float:
        """Set the threshold so that this share of the given (ordinary) traffic stays fast; return it."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share {share} is not in [0, 1]")
        fast = routes.softmax(-1)[:, 0].sort(descending=True).values
        kept = round(share * len(fast))
        bound = fast[kept - 1] if kept else torch.tensor(torch.inf)
        self.threshold.copy_(bound)
        return float(self.threshold)


def twice_if_harmful(routes: Tensor, harmful: Tensor) -> Tensor:
    """Routes' probabilities [B, 3] for the fast branch's logits of harmful intent [B]: what may ask for something
    harmful is no likelier to stay fast than `1 - harmful / 2`.

    That is no attack, so a router that follows the classes keeps it fast; but intent is what the fast branch is worst
    at, and few ordinary texts are near it. The first route alone is lowered, so rows need not sum to 1.
    """
    unsuspected = 1.0 - 0.5 * torch.sigmoid(harmful).unsqueeze(-1)
    return torch.cat([torch.minimum(routes[:, :1], unsuspected), routes[:, 1:]], 1)


class Fusion(nn.Module):
    """Weighs the branches' logits by a gate that sees both pooled texts."""

    def __init__(self, config: DualConfig):
        super().__init__()
        self.gate = nn.Linear(2 * config.width, 1)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, -1.0)  # the deep branch is listened to more at first

    def forward(self, fast: Answer, deep: Answer, fast_pooled: Tensor, deep_pooled: Tensor) -> Answer:
        share = torch.sigmoid(self.gate(torch.cat([fast_pooled, deep_pooled], -1)))
        return Answer(*(_mix(share, a, b) for a, b in zip(fast, deep, strict=True)))


def _mix(share: Tensor, fast: Tensor, deep: Tensor) -> Tensor:
    weight = share if fast.dim() == 2 else share.squeeze(-1)
    return weight * fast + (1.0 - weight) * deep
