"""Modules that give the same elements another shape: View, Reshape, Collapse, Squeeze, ..."""

from __future__ import annotations

import math

from ..classes import register
from ..errors import TorchError
from ..tensor.storage import Storage, longs
from . import utils
from .module import Module


def size_arguments(sizes: tuple) -> list[int]:
    """The sizes from ``(2, 3)`` or from ``(LongStorage,)``, as whole numbers; None where Lua gave nothing."""
    sizes = tuple(size for size in sizes if size is not None)
    if len(sizes) == 1 and not isinstance(sizes[0], (int, float)):
        sizes = tuple(sizes[0])
    return [int(size) for size in sizes]


@register("nn.View")
class View(Module):
    """The input's elements in the given sizes, without a copy; the input must be contiguous.

    One size may be -1, to be worked out. What the sizes do not account for is the batch: a 3x4 input of
    ``View(2, 2)`` gives 3x2x2. ``setNumInputDims`` says how many dimensions of the input belong to a sample,
    which makes out a batch of one.
    """

    numInputDims = None

    def __init__(self, *sizes):
        Module.__init__(self)
        self.resetSize(*sizes)

    def resetSize(self, *sizes) -> View:
        """Take these sizes (numbers or a LongStorage) from now on. Returns itself."""
        wanted = size_arguments(sizes)
        if any(size < -1 for size in wanted):
            raise TorchError("size should be positive or -1")
        if wanted.count(-1) > 1:
            raise TorchError("only one dimension can be at -1")
        self.size = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Storage) else longs(wanted)
        self.numElements = math.prod(size for size in wanted if size >= 0)
        return self

    def setNumInputDims(self, numInputDims: int | None) -> View:
        """Say how many dimensions a single sample has. Returns itself."""
        self._set(numInputDims=numInputDims)
        return self

    def updateOutput(self, input):
        size = self.size.tolist()
        batch = self._batch(input, size)
        if not input.is_contiguous():
            raise TorchError("expecting a contiguous tensor")
        try:
            return self.output.set_(input.view(size if batch is None else [batch, *size]))
        except RuntimeError as error:
            raise self._misfit(input, size) from error

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            self.gradInput = utils.empty_like_type(gradOutput)
        return self.gradInput.set_(gradOutput.reshape(input.shape))

    def _batch(self, input, size: list[int]) -> int | None:
        """The size of the batch dimension to put before the others; None if the input is one sample."""
        shape, dims = tuple(input.shape), self.numInputDims
        if dims is not None and dims > len(shape):
            raise TorchError(f"expected an input of {dims} dimensions, got {len(shape)}")
        outer = shape[: len(shape) - dims] if dims is not None else ()
        elements = math.prod(shape[len(outer) :])
        if elements % self.numElements or not input.numel():
            raise self._misfit(input, size)
        batch = math.prod(outer) * (1 if -1 in size else elements // self.numElements)
        if batch == 1 and (dims is None or len(shape) <= dims):
            return None
        return batch

    def _misfit(self, input, size: list[int]) -> TorchError:
        given, wanted = "x".join(map(str, input.shape)), "x".join(map(str, size))
        return TorchError(f"input view ({given}) and desired view ({wanted}) do not match")

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({', '.join(map(str, self.size.tolist()))})"


@register("nn.Reshape")
class Reshape(Module):
    """The input's elements in the given sizes, of each sample of a batch if it is one.

    ``batchMode`` (an optional boolean after the sizes) says whether the first dimension is a batch. Without it the
    input is taken for a single sample if it has just the right number of elements and its first size is not 1.
    """

    batchMode = None

    def __init__(self, *sizes):
        Module.__init__(self)
        if sizes and isinstance(sizes[-1], bool):
            self.batchMode = sizes[-1]
            sizes = sizes[:-1]
        wanted = size_arguments(sizes)
        self.size = longs(wanted)
        self.nelement = math.prod(wanted)
        self.batchsize = longs([0, *wanted])

    def updateOutput(self, input):
        if not input.numel():
            raise TorchError("can't reshape an empty tensor")
        size = self.size.tolist()
        single = self.batchMode is None and input.numel() == self.nelement and input.shape[0] != 1
        if not (single or self.batchMode is False):
            size = [input.shape[0], *size]
        try:
            return self.output.set_(input.reshape(size))
        except RuntimeError as error:
            given, wanted = "x".join(map(str, input.shape)), "x".join(map(str, size))
            raise TorchError(f"Wrong size for view. Input size: {given}. Output size: {wanted}") from error

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput.reshape_as(input))

    def clearState(self) -> Reshape:
        utils.clear(self, "_input", "_gradOutput")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({'x'.join(map(str, self.size.tolist()))})"


@register("nn.Collapse")
class Collapse(Module):
    """All elements of a sample in one dimension; a sample has ``nInputDim`` dimensions."""

    def __init__(self, nInputDim: int):
        Module.__init__(self)
        self.nInputDim = nInputDim

    def updateOutput(self, input):
        return self.output.set_(
            input.reshape(input.shape[0], -1) if input.dim() > self.nInputDim else input.reshape(-1)
        )

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput.reshape(input.shape))

    def clearState(self) -> Collapse:
        self._set(_input=None)
        return Module.clearState(self)


@register("nn.Squeeze")
class Squeeze(Module):
    """Drops dimension ``dim`` if its size is 1, or all such dimensions.

    With ``numInputDims``, the number of dimensions of a sample, a batch dimension is kept and not counted.
    """

    dim = numInputDims = None

    def __init__(self, dim: int | None = None, numInputDims: int | None = None):
        Module.__init__(self)
        self._set(dim=dim)
        self.setNumInputDims(numInputDims)

    def setNumInputDims(self, numInputDims: int | None) -> Squeeze:
        self._set(numInputDims=numInputDims)
        return self

    def updateOutput(self, input):
        batch = self.numInputDims is not None and input.dim() == self.numInputDims + 1
        if self.dim is not None:
            squeezed = input.squeeze(self.dim if batch else self.dim - 1)
        else:
            kept = [size for place, size in enumerate(input.shape) if size != 1 or batch and place == 0]
            squeezed = input.reshape(kept)
        return self.output.set_(squeezed if squeezed.dim() else input.new_empty(0))

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput.reshape(input.shape))


@register("nn.Unsqueeze")
class Unsqueeze(Module):
    """Puts in a dimension of size 1 at position ``pos``.

    With ``numInputDims``, the number of dimensions of a sample, dimensions before it are not counted.
    """

    numInputDims = None

    def __init__(self, pos: int | None = None, numInputDims: int | None = None):
        Module.__init__(self)
        if pos is None:
            raise TorchError("the position to insert singleton dim not specified")
        self.pos = pos
        self.setNumInputDims(numInputDims)

    def setNumInputDims(self, numInputDims: int | None) -> Unsqueeze:
        self._set(numInputDims=numInputDims)
        return self

    def updateOutput(self, input):
        if self.numInputDims is None:
            self.numInputDims = input.dim()
        position = self.pos + input.dim() - self.numInputDims
        if input.dim() < self.numInputDims or not 1 <= position <= input.dim() + 1:
            raise TorchError(
                f"Invalid position: {self.pos}. input:dim() is {input.dim()}, "
                f"input feature map dim (numInputDims) is {self.numInputDims}."
            )
        return utils.addSingletonDimension(self.output, input, position)

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput.reshape(input.shape))

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}(dim {self.pos})"
