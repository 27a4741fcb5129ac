"""NormStabilizer: keeps the norms of hidden states from changing over time."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn._check import sizes

from .abstract import AbstractRecurrent
from .simple import CopyGrad


@register("nn.NormStabilizer")
class NormStabilizer(AbstractRecurrent):
    """Passes a batch of hidden states on; adds to the gradient that of ``beta`` (1) times the squared difference
    between the norms of successive states (Krueger and Memisevic, 2015, http://arxiv.org/abs/1511.08400).
    """

    def __init__(self, beta: float | None = None):
        AbstractRecurrent.__init__(self, 99999)
        self.beta = 1 if beta is None else beta
        self.recurrentModule = CopyGrad()
        self.modules[1] = self.recurrentModule
        self.sharedClones[1] = self.recurrentModule

    def updateOutput(self, input):
        if input.dim() != 2:
            raise TorchError(f"NormStabilizer: a batch of vectors expected, got {sizes(input)}")
        output = self._forward(input)
        if self.train is not False:
            self.getStepModule(self.step).norm = output.norm(2, 1, keepdim=True)
        return self._advance(output)

    def updateLoss(self) -> float:
        """The loss over all steps since ``forget``, as Torch7 computes it; also in ``loss``."""
        norms = [self.getStepModule(step).norm for step in range(1, self.step)]
        total = sum((one + other).square_().mean().item() for one, other in zip(norms, norms[1:]))
        self.loss = self.beta * total / (self.step - 1)
        return self.loss

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        module = self.getStepModule(step)
        gradInput = module.updateGradInput(input, gradOutput)
        for other in (step - 1, step + 1):
            if 1 <= other < self.step:
                difference = (module.norm - self.getStepModule(other).norm).mul_(2 * self.beta / len(input))
                gradInput.add_(torch.mul(module.output, difference.div_(module.norm)))
        return gradInput

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        pass

    def __tostring__(self) -> str:
        return "nn.NormStabilizer"
