"""Pooling by p-norms."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._check import need_dims, need_sizes, need_tensor, sizes
from ._kernels import fit, take
from .arithmetic import MulConstant
from .module import Module
from .pointwise import Power, Sqrt, Square
from .pooling import SpatialAveragePooling
from .sequential import Sequential

Tensor = torch.Tensor


@register("nn.SpatialLPPooling")
class SpatialLPPooling(Sequential):
    """The ``pnorm``-norm of each window of kW x kH; by default the windows lie side by side."""

    def __init__(self, nInputPlane, pnorm, kW, kH, dW=None, dH=None):
        Sequential.__init__(self)
        self.kW, self.kH = kW, kH
        self.dW = kW if dW is None else dW
        self.dH = kH if dH is None else dH
        self.add(Square() if pnorm == 2 else Power(pnorm))
        self.add(SpatialAveragePooling(kW, kH, self.dW, self.dH))
        self.add(MulConstant(kW * kH))
        self.add(Sqrt() if pnorm == 2 else Power(1 / pnorm))

    # there is nothing to learn inside

    def reset(self, stdv=None) -> None:
        pass

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        pass

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        pass

    def zeroGradParameters(self) -> None:
        pass

    def updateParameters(self, learningRate) -> None:
        pass


@register("nn.FeatureLPPooling")
class FeatureLPPooling(Module):
    """The ``power``-norm of each ``width`` (2 .. 16) neighbouring features; the step is ``stride`` (1 .. 4).

    Features are the first dimension of up to three, or, in ``batch_mode``, the second of two to four.
    """

    batch_mode = None

    def __init__(self, width: int, stride: int, power: float, batch_mode: bool | None = None):
        Module.__init__(self)
        if not 2 <= width <= 16:
            raise TorchError("width must be within 2 to 16")
        if not 1 <= stride <= 4:
            raise TorchError("stride must be within 1 to 4")
        self.width, self.stride, self.power = width, stride, power
        self._set(batch_mode=batch_mode)

    def updateOutput(self, input):
        windows = self._windows(input)
        return take(self.output, windows.pow(self.power).sum(-1).pow_(1 / self.power))

    def updateGradInput(self, input, gradOutput):
        output, dim = self.output.unsqueeze(-1), self._dim(input)
        need_tensor(gradOutput, input, "gradOutput")
        need_sizes(gradOutput, self.output.shape)
        # where the norm is 0 there is no gradient
        shares = self._windows(input).div(output).pow_(self.power - 1).masked_fill_(output == 0, 0)
        gradInput = fit(self.gradInput, input).zero_()
        span = (gradOutput.shape[dim] - 1) * self.stride + 1
        for place, part in enumerate(shares.mul_(gradOutput.unsqueeze(-1)).unbind(-1)):
            # each place in the windows sends its gradient to the features that it saw
            gradInput.narrow(dim, place, span).movedim(dim, 0)[:: self.stride].add_(part.movedim(dim, 0))
        return gradInput

    def _dim(self, input: Tensor) -> int:
        """The dimension of the features."""
        dim = 1 if self.batch_mode else 0
        need_dims(input, self.output, dim + 1, dim + 2, dim + 3)
        return dim

    def _windows(self, input: Tensor) -> Tensor:
        """For each window its features, in a further dimension at the end."""
        dim = self._dim(input)
        if input.shape[dim] < self.width:
            raise TorchError(f"feature dimension must be at least {self.width}, got input {sizes(input)}")
        return input.unfold(dim, self.width, self.stride)

    def __tostring__(self) -> str:
        kind = f"w{self.width} s{self.stride} power {self.power} batch {str(bool(self.batch_mode)).lower()}"
        return f"{type(self).__typename__}({kind})"
