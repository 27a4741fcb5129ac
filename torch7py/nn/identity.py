"""Identity."""

from __future__ import annotations

from ..classes import register
from .container import release
from .module import Module


@register("nn.Identity")
class Identity(Module):
    """Gives back its input, whatever it is."""

    def __init__(self, *_):
        Module.__init__(self)

    def updateOutput(self, input):
        self.output = input
        return input

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput
        return gradOutput

    def clearState(self) -> Identity:
        # these are other modules' tensors: let go of them instead of emptying them
        release(self, "output", "gradInput")
        return self
