"""Where in a text an attack is likeliest to stand: a small network on every token's hidden state of a branch.

A sentence that is planted in a document is outnumbered when the document is judged as a whole, but the hidden states of
its own tokens still tell it from what stands around it. A run of tokens is as loud as its tokens on average. It is
fitted on its own (`training.locate`), or trained with a branch whose answer it then has a say in. Shapes: B texts, T
tokens, D the width of the hidden states.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.model.config import DualConfig
from training.model.heads import Answer

#: Tokens that are heard together: a short sentence.
RUN = 16
#: Added to the log-odds of a locator that its branch was trained with, where a closer look is asked about: so that one
#: in twenty texts of traffic gets one.
MARGIN = 3.0
#: What `Locator.runs` gives.
Runs = tuple[Tensor, Tensor]


class Locator(nn.Module):
    """Two linear maps of each token, and the loudest run of them."""

    def __init__(self, width: int, inner: int):
        super().__init__()
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, 1)

    def runs(self, hidden: Tensor, lengths: Tensor) -> Runs:
        """[B, T - 1] each: how loud the run is that begins at a token of the text, and whether there is such a run. A
        run is RUN tokens; only a text that is shorter has one that is not, and what is missing says nothing there.

        hidden [B, T, D], special tokens at both ends of each text; lengths int64 [B] with those
        """
        said = self.outer(F.relu(self.inner(hidden))).squeeze(-1)[:, 1:]
        places = torch.ones_like(said, dtype=torch.int64).cumsum(1) - 1
        inside = lengths.unsqueeze(1) - 2
        said = torch.where(places < inside, said, 0.0)
        mean = F.avg_pool1d(F.pad(said, (0, RUN - 1)).unsqueeze(1), RUN, 1).squeeze(1)
        return mean, (places == 0) | (places + RUN <= inside)

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """[B, 2]: how loud the loudest run is, in log-odds, above 0 where it is suspect, and the token at which it
        begins, special ones not counted; of equal ones the first."""
        return loudest(*self.runs(hidden, lengths))


class HeardLocator(Locator):
    """A locator that is trained with its branch: a share of its loudest run counts against benign."""

    def __init__(self, config: DualConfig):
        super().__init__(config.width, config.locator_width)
        self.loudness = nn.Parameter(torch.full((1,), 0.1))

    def heard(self, answer: Answer, hidden: Tensor, mask: Tensor) -> tuple[Answer, Runs]:
        """The branch's answer with what its states [B, T, D] say of runs, and those runs; mask bool [B, T]."""
        runs = self.runs(hidden, mask.sum(1))
        return answer._replace(classes=self.raised(answer.classes, loudest(*runs))), runs

    def raised(self, logits: Tensor, loud: Tensor) -> Tensor:
        """Logits [B, A] of which benign's is the first, for loudest runs [B, 2]."""
        return torch.cat([logits[:, :1] - self.loudness * loud[:, :1], logits[:, 1:]], 1)


def loudest(said: Tensor, there: Tensor) -> Tensor:
    """[B, 2], as `Locator.forward`: the loudest run of what `Locator.runs` gives, and where it begins."""
    said = torch.where(there, said, said[:, :1])
    return torch.stack([said.amax(1), said.argmax(1).to(said.dtype)], 1)
