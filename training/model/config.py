"""Shape of the dual-branch model. Every part is a switch, so that an ablation is one flag."""

from __future__ import annotations

from dataclasses import dataclass

#: The classes of every head; what a document brings in counts by what it does to the model.
CLASSES = ("benign", "direct_injection", "jailbreak", "obfuscation")
#: Size of the threat code, the first field of a verdict's 16 bits.
CODES = 16
#: What the router chooses from.
ROUTES = ("fast_only", "deep_only", "both")


@dataclass(frozen=True)
class DualConfig:
    """The shipped shape by default: 74 M parameters, 12 layers of the pruned base and three more experts' worth.

    Switches: ``deep_branch`` off leaves an exit after the fast layers; ``fast_branch`` off makes the deep branch the
    only one with a say; ``routing`` off reads every text with both; ``separate_deep`` on gives the deep branch an
    embedding of its own, so that it reads the text itself instead of going on from the fast branch; ``fast_locator``
    and ``deep_locator`` on let a branch's loudest run of tokens add to its answer.
    """

    vocabulary: int = 48_000
    width: int = 384
    heads: int = 12
    ffn: int = 1536
    positions: int = 512
    dropout: float = 0.1

    fast_layers: int = 4
    deep_layers: int = 8
    fast_branch: bool = True
    deep_branch: bool = True
    routing: bool = True
    separate_deep: bool = False

    characters: bool = True
    character_symbols: int = 512
    characters_per_token: int = 20
    character_width: int = 64
    character_channels: int = 128
    character_kernels: tuple[int, ...] = (2, 3, 4, 5, 7)

    detectors: bool = True
    features: int = 29

    patterns: bool = True
    prototypes_learned: int = 200
    prototype_width: int = 128

    experts: int = 8  # 1: dense layers only
    experts_per_token: int = 2
    expert_every: int = 2  # every second deep layer is a mixture
    capacity: float = 1.25  # of the even share, while training

    hierarchical_pooling: bool = True
    pooling_scales: tuple[int, ...] = (1, 4, 16, 64)

    fast_locator: bool = False
    deep_locator: bool = False
    locator_width: int = 64

    router_width: int = 64

    def __post_init__(self) -> None:
        if not (self.fast_branch or self.deep_branch):
            raise ValueError("a model needs a branch: fast_branch and deep_branch are both off")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of the {self.heads} heads")
        if not 1 <= self.experts_per_token <= self.experts:
            raise ValueError(f"{self.experts_per_token} experts a token out of {self.experts}")

    def has_experts(self, deep_layer: int) -> bool:
        """Whether a layer of the deep branch, counted from 0, is a mixture of experts."""
        return self.experts > 1 and deep_layer % self.expert_every == self.expert_every - 1
