"""Drawing from a large discrete distribution in constant time."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.classes import TorchObject, register
from torch7py.errors import TorchError
from torch7py.nn._check import sizes
from torch7py.tensor.types import typename

Tensor = torch.Tensor


@register("torch.AliasMultinomial")
class AliasMultinomial(TorchObject):
    """Draws numbers 1..K with given probabilities in constant time (the alias method: Walker, 1977).

    ``probs`` is a vector that sums to one. ``q`` holds for each number how likely it is kept once it was drawn
    uniformly, and ``J`` the number that otherwise takes its place.
    """

    def __init__(self, probs: Tensor):
        self.J, self.q = self.setup(probs)

    def setup(self, probs: Tensor) -> tuple[Tensor, Tensor]:
        """``J`` and ``q`` for these probabilities."""
        if probs.dim() != 1:
            raise TorchError(f"AliasMultinomial: a vector of probabilities expected, got {sizes(probs)}")
        count = len(probs)
        kept = (probs * count).cpu().numpy()
        alias = [0] * count
        smaller, larger = [], []
        for place, share in enumerate(kept.tolist()):
            (smaller if share < 1 else larger).append(place)
        while smaller and larger:
            small, large = smaller.pop(), larger.pop()
            alias[small] = large + 1
            kept[large] = kept[large].item() - (1 - kept[small].item())
            (smaller if kept[large] < 1 else larger).append(large)
        aliases, q = torch.tensor(alias, device=probs.device), torch.from_numpy(kept).to(probs.device)
        if q.min() < 0:
            raise TorchError("AliasMultinomial: probabilities must not be negative")
        if q.max() > 1:
            q.div_(q.max())
        q[aliases == 0] = 1  # what rounding left without an alias
        return aliases, q

    def draw(self) -> int:
        """One number."""
        generator = random.default()
        place = generator.random(len(self.J)) - 1
        return place + 1 if generator.uniform() < self.q[place].item() else self.J[place].item()

    def batchdraw(self, output: Tensor) -> Tensor:
        """Fill the LongTensor ``output`` with numbers; returns it."""
        if output.dtype is not torch.int64 or output.numel() == 0:
            raise TorchError(f"AliasMultinomial: a LongTensor to fill expected, got {typename(output)}{sizes(output)}")
        generator = random.default()
        drawn = torch.empty(output.numel(), dtype=torch.int64, device=self.J.device)
        generator.fill_random(drawn, 1, len(self.J))
        places = drawn - 1
        keep = torch.empty_like(drawn)
        generator.fill_bernoulli(keep, self.q[places])
        return output.copy_(torch.where(keep == 1, drawn, self.J[places]).view(output.shape))
