"""Max unpooling: elements go back to where a pooling module found them."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._check import need_sizes, need_tensor
from ._kernels import fit
from .module import Module

Tensor = torch.Tensor


class _MaxUnpooling(Module):
    """What both kinds share: the module ``pooling``, whose last indices and input sizes count, and whose windows must
    lie side by side. What it did not choose is zero.
    """

    _pooling: str  # the pooling's class
    _axes: tuple[str, ...]
    _sizes: tuple[str, ...]  # the axes' sizes in the fields of both modules, in the order of the dimensions

    def __init__(self, poolingModule: Module):
        Module.__init__(self)
        if getattr(type(poolingModule), "__typename__", None) != self._pooling:
            raise TorchError(f"Argument must be a {self._pooling} module")
        if any(getattr(poolingModule, "k" + axis) != getattr(poolingModule, "d" + axis) for axis in self._axes):
            raise TorchError("The size of pooling module's kernel must be equal to its stride")
        self.pooling = poolingModule

    def setParams(self) -> None:
        """Take over what the pooling found last."""
        if "i" + self._sizes[0] not in self.pooling.__dict__:
            raise TorchError("the pooling module must run forward first")
        self.indices = self.pooling.indices
        for size in self._sizes:
            setattr(self, "o" + size, getattr(self.pooling, "i" + size))

    def updateOutput(self, input):
        places, dims = self._places(input), len(self._axes)
        output = self.output.resize_(self._shape(input)).zero_()
        output.flatten(-dims).scatter_(-1, places, input.flatten(-dims))
        return output

    def updateGradInput(self, input, gradOutput):
        places, dims = self._places(input), len(self._axes)
        need_tensor(gradOutput, input, "gradOutput")
        need_sizes(gradOutput, self._shape(input))
        gradInput = fit(self.gradInput, input)
        torch.gather(gradOutput.flatten(-dims), -1, places, out=gradInput.flatten(-dims))
        return gradInput

    def _places(self, input: Tensor) -> Tensor:
        """Where in its plane each element of the input belongs, from 0; planes are flat."""
        self.setParams()
        need_tensor(input, self.output)
        need_sizes(input, self.indices.shape, "input")
        return self.indices.flatten(-len(self._axes)) - 1

    def _shape(self, input: Tensor) -> tuple[int, ...]:
        """The output's sizes."""
        return *input.shape[: -len(self._axes)], *(getattr(self, "o" + size) for size in self._sizes)

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} associated to {self.pooling.__tostring__()}"


@register("nn.SpatialMaxUnpooling")
class SpatialMaxUnpooling(_MaxUnpooling):
    """The reverse of a SpatialMaxPooling."""

    _pooling = "nn.SpatialMaxPooling"
    _axes = ("H", "W")
    _sizes = ("height", "width")


@register("nn.VolumetricMaxUnpooling")
class VolumetricMaxUnpooling(_MaxUnpooling):
    """The reverse of a VolumetricMaxPooling."""

    _pooling = "nn.VolumetricMaxPooling"
    _axes = ("T", "H", "W")
    _sizes = ("time", "height", "width")
