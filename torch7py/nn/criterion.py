"""Criterion: what every loss can do."""

from __future__ import annotations

import torch

from ..classes import TorchObject, register
from ..errors import TorchError
from . import _door, utils
from ._clone import clone

Tensor = torch.Tensor


@register("nn.Criterion")
class Criterion(TorchObject):
    """A loss: it maps an input and a target to the number ``output``, and gives the gradient by the input.

    A new criterion overrides ``updateOutput(input, target)`` and ``updateGradInput(input, target)``.
    """

    gradInput = None
    weights = None

    def __init__(self):
        self.gradInput = utils.default_tensor()
        self.output = 0

    def forward(self, input, target=None):
        """The loss of ``input`` (a tensor, a torch7py handle, or a Table of these) against ``target``, a number."""
        if type(input) is not Tensor or type(target) is not Tensor or input.requires_grad:
            return _door.through(self.updateOutput, input, target)
        return self.updateOutput(input, target)

    def backward(self, input, target=None):
        """The gradient of the loss by ``input``."""
        if type(input) is not Tensor or type(target) is not Tensor or input.requires_grad:
            return _door.through(self.updateGradInput, input, target)
        return self.updateGradInput(input, target)

    def __call__(self, input, target=None):
        """The loss and its gradient."""
        output = self.forward(input, target)
        self.output = output[0] if isinstance(output, tuple) else output
        self.gradInput = self.backward(input, target)
        return self.output, self.gradInput

    def updateOutput(self, input, target):
        pass

    def updateGradInput(self, input, target):
        pass

    def clone(self) -> Criterion:
        """A deep copy."""
        return clone(self)

    def type(self, type: str | None = None, tensorCache=None) -> Criterion:
        """Convert all tensors to that tensor type; see :meth:`Module.type`. Returns itself."""
        if type is None:
            raise TorchError("Criterion: must provide a type to convert to")
        convert = utils.converter(type, tensorCache)
        for name, value in list(self.__dict__.items()):
            self.__dict__[name] = convert(value)
        return self

    def float(self) -> Criterion:
        return self.type("torch.FloatTensor")

    def double(self) -> Criterion:
        return self.type("torch.DoubleTensor")

    def cuda(self) -> Criterion:
        return self.type("torch.CudaTensor")

    def cudaHalf(self) -> Criterion:
        return self.type("torch.CudaHalfTensor")

    def cudaDouble(self) -> Criterion:
        return self.type("torch.CudaDoubleTensor")

    def __len__(self) -> int:
        """The number of classes that have weights, where a criterion has some."""
        return 0 if self.weights is None else len(self.weights)

    def __bool__(self) -> bool:
        return True

    def __tostring__(self) -> str:
        return type(self).__typename__

    def _set_weights(self, weights: Tensor | None) -> None:
        if weights is not None:
            if weights.dim() != 1:
                raise TorchError("weights input should be 1-D Tensor")
            self.weights = weights

    def _weighted(self, losses: Tensor) -> Tensor:
        """Each row's losses times the weights, where there are some."""
        return losses if self.weights is None else losses.mul_(self.weights)

    def __repr__(self) -> str:
        return self.__tostring__()
