"""Modules that pick or move parts of a tensor: Narrow, Select, Index, MaskedSelect, Padding, Replicate, ..."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from ..tensor.arguments import describe
from ..tensor.storage import longs
from . import utils
from ._check import need_sizes, need_table
from ._kernels import fit, matched
from .module import Module

Tensor = torch.Tensor


def _from_end(dimension: int, input: Tensor) -> int:
    """A dimension from 1, or from -1 backwards, as PyTorch counts."""
    return dimension - 1 if dimension > 0 else input.dim() + dimension


@register("nn.Narrow")
class Narrow(Module):
    """``length`` slices (1 unless given) along ``dimension`` from ``offset`` on.

    A negative length counts from the end (-1: up to the last slice); a negative offset leaves out so many at the end.
    """

    def __init__(self, dimension=None, offset=None, length=None):
        Module.__init__(self)
        if dimension is None or offset is None:
            raise TorchError("nn.Narrow(dimension, offset, length)")
        self.dimension, self.index = dimension, offset
        self.length = 1 if length is None else length

    def updateOutput(self, input):
        part = input.narrow(*self._range(input))
        return fit(self._typed("output", part), part).copy_(part)

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self._typed("gradInput", input), input).zero_()
        part = gradInput.narrow(*self._range(input))
        part.copy_(matched(gradOutput, part))
        return gradInput

    def _typed(self, name: str, like: Tensor) -> Tensor:
        if getattr(self, name).dtype is not like.dtype:
            setattr(self, name, utils.empty_like_type(like))
        return getattr(self, name)

    def _range(self, input: Tensor) -> tuple[int, int, int]:
        dimension = _from_end(self.dimension, input)
        size, length = input.shape[dimension], self.length
        if length < 0:
            length = size - self.index + length + 2
        if self.index < 0:
            return dimension, 0, size - length
        return dimension, self.index - 1, length


@register("nn.Select")
class Select(Module):
    """The slice at ``index`` along ``dimension``; both may count backwards from -1."""

    def __init__(self, dimension: int, index: int):
        Module.__init__(self)
        self.dimension, self.index = dimension, index

    def updateOutput(self, input):
        part = self._part(input)
        return fit(self.output, part).copy_(part)

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self.gradInput, input).zero_()
        part = self._part(gradInput)
        part.copy_(matched(gradOutput, part))
        return gradInput

    def _part(self, tensor: Tensor) -> Tensor:
        dimension = _from_end(self.dimension, tensor)
        if tensor.dim() < 2:
            raise TorchError("Select: expected an input of 2 dimensions or more, as a slice of it must be a tensor")
        return tensor.select(dimension, self.index - 1 if self.index > 0 else self.index)


@register("nn.Index")
class Index(Module):
    """``{tensor, indices}`` gives the slices of the tensor along ``dimension`` at these indices (a LongTensor)."""

    def __init__(self, dimension: int):
        Module.__init__(self)
        self.dimension = dimension
        self.gradInput = Table([self.gradInput, utils.default_tensor()])

    def updateOutput(self, input):
        tensor, places = input[1], input[2] - 1
        size = tensor.shape[self.dimension - 1]
        if places.numel() and not 0 <= int(places.min()) <= int(places.max()) < size:
            raise TorchError(f"index out of range: indices must be from 1 to {size}")
        return self.output.set_(tensor.index_select(self.dimension - 1, places))

    def updateGradInput(self, input, gradOutput):
        self.gradInput[2].resize_(input[2].shape).zero_()
        gradInput = fit(self.gradInput[1], input[1]).zero_()
        gradInput.index_add_(self.dimension - 1, input[2] - 1, gradOutput)
        return self.gradInput

    def clearState(self) -> Index:
        for tensor in (self.gradInput[1], self.gradInput[2], self.output):
            tensor.set_()
        return self


@register("nn.MaskedSelect")
class MaskedSelect(Module):
    """``{tensor, mask}`` gives a vector of the elements where the ByteTensor ``mask`` is not 0."""

    def __init__(self):
        Module.__init__(self)
        self._gradBuffer = utils.default_tensor()
        self._gradMask = torch.empty(0, dtype=torch.uint8)

    def updateOutput(self, input):
        tensor, mask = need_table(input)[1], input[2]
        if not isinstance(mask, Tensor) or mask.dtype is not torch.uint8:
            raise TorchError(f"mask: torch.ByteTensor expected, got {describe(mask)}")
        return self.output.set_(tensor.masked_select(mask != 0))

    def updateGradInput(self, input, gradOutput):
        gradient = fit(self._gradBuffer, input[1]).zero_().masked_scatter_(input[2] != 0, gradOutput)
        self.gradInput = Table([gradient, self._gradMask.resize_(input[2].shape).zero_()])
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        mask = self._gradMask
        result = Module.type(self, type, tensorCache)
        self._gradMask = mask
        return result

    def clearState(self) -> MaskedSelect:
        return utils.clear(self, "output", "gradInput", "_gradBuffer", "_gradMask")


@register("nn.Transpose")
class Transpose(Module):
    """Swaps dimensions: ``Transpose({1, 2}, {2, 3})`` swaps 1 and 2, then 2 and 3.

    ``setNumInputDims`` says how many dimensions a sample has; those before it are then not counted.
    """

    numInputDims = None

    def __init__(self, *permutations):
        Module.__init__(self)
        self.permutations = Table([pair if isinstance(pair, Table) else Table(pair) for pair in permutations])

    def setNumInputDims(self, numInputDims: int | None) -> Transpose:
        self._set(numInputDims=numInputDims)
        return self

    def updateOutput(self, input):
        turned = self._swapped(input, self.permutations.list())
        return fit(self.output, turned).copy_(turned)

    def updateGradInput(self, input, gradOutput):
        turned = self._swapped(gradOutput, reversed(self.permutations.list()))
        return fit(self.gradInput, turned).copy_(turned)

    def _swapped(self, tensor: Tensor, pairs) -> Tensor:
        skipped = 0 if self.numInputDims is None else tensor.dim() - self.numInputDims
        if skipped < 0:
            raise TorchError(f"expected an input of {self.numInputDims} dimensions, got {tensor.dim()}")
        for pair in pairs:
            tensor = tensor.transpose(pair[1] + skipped - 1, pair[2] + skipped - 1)
        return tensor


@register("nn.Replicate")
class Replicate(Module):
    """Repeats the input ``nf`` times along a new dimension ``dim`` (1 unless given), without copying.

    ``ndim`` says how many dimensions a sample has, so that a batch dimension before it is stepped over.
    """

    ndim = None
    dim = 1

    def __init__(self, nf: int, dim: int | None = None, ndim: int | None = None):
        Module.__init__(self)
        self.nfeatures = nf
        self.dim = 1 if dim is None else dim
        self._set(ndim=ndim)
        if self.dim <= 0:
            raise TorchError("Can only replicate across positive integer dimensions.")

    def updateOutput(self, input):
        if self.dim > input.dim() + 1:
            raise TorchError(f"Not enough input dimensions to replicate along dimension {self.dim}.")
        position = self._position(input)
        sizes = list(input.shape)
        sizes.insert(position, self.nfeatures)
        return self.output.set_(input.unsqueeze(position).expand(sizes))

    def updateGradInput(self, input, gradOutput):
        need_sizes(gradOutput, self.output.shape)
        return torch.sum(gradOutput, self._position(input), out=fit(self.gradInput, input))

    def _position(self, input: Tensor) -> int:
        return self.dim - 1 + (1 if self.ndim is not None and input.dim() > self.ndim else 0)


@register("nn.Padding")
class Padding(Module):
    """Puts ``|pad|`` slices of ``value`` (0) along ``dim``: before the input if ``pad`` is negative, else behind it.

    ``nInputDim`` says how many dimensions a sample has, so that a batch dimension is stepped over. ``index`` (1) moves
    the padding inwards, to before that slice counted from the padded end.
    """

    nInputDim = None

    index = 1  # for files of older versions

    def __init__(self, dim, pad, nInputDim=None, value=None, index=None):
        self.value = 0 if value is None else value
        self.index = 1 if index is None else index
        self.dim, self.pad = dim, pad
        self._set(nInputDim=nInputDim)
        self.outputSize = longs([])
        Module.__init__(self)

    def updateOutput(self, input):
        dimension, before = self._place(input)
        sizes = list(input.shape)
        sizes[dimension] += abs(self.pad)
        output = self.output.resize_(sizes).fill_(self.value)
        for target, source in self._parts(output, input, dimension, before):
            target.copy_(source)
        return output

    def updateGradInput(self, input, gradOutput):
        dimension, before = self._place(input)
        gradInput = fit(self.gradInput, input)
        for source, target in self._parts(gradOutput, gradInput, dimension, before):
            target.copy_(source)
        return gradInput

    def _place(self, input: Tensor) -> tuple[int, int]:
        """The dimension to pad, and how many slices of the input stand before the padding."""
        batch = self.nInputDim is not None and input.dim() != self.nInputDim
        dimension = self.dim if batch else self.dim - 1
        return dimension, input.shape[dimension] - self.index + 1 if self.pad > 0 else self.index - 1

    def _parts(self, padded: Tensor, plain: Tensor, dimension: int, before: int):
        """The pieces before and behind the padding, in both tensors."""
        rest = plain.shape[dimension] - before
        yield padded.narrow(dimension, 0, before), plain.narrow(dimension, 0, before)
        yield padded.narrow(dimension, before + abs(self.pad), rest), plain.narrow(dimension, before, rest)


@register("nn.Contiguous")
class Contiguous(Module):
    """The input itself where it is contiguous, else a contiguous copy."""

    def updateOutput(self, input):
        return self.output.set_(input.contiguous())

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput.contiguous())


@register("nn.Copy")
class Copy(Module):
    """Converts tensors of type ``intype`` to ``outtype``, and gradients back (both the default type unless given).

    Where the types are the same the input itself goes through, unless ``forceCopy``. With ``dontCast``
    ``type()`` leaves the module as it is.
    """

    dontCast = None

    def __init__(self, intype=None, outtype=None, forceCopy=None, dontCast=None):
        Module.__init__(self)
        intype = intype or types.default.name
        outtype = outtype or types.default.name
        self._set(dontCast=dontCast)
        self.gradInput, self.output = (_empty_of(name) for name in (intype, outtype))
        self._set(_through=not forceCopy and intype == outtype or None)

    _through = None

    def updateOutput(self, input):
        if self._through:
            self.output.set_(input)
            return input
        return self.output.resize_(input.shape).copy_(input)

    def updateGradInput(self, input, gradOutput):
        if self._through:
            self.gradInput.set_(gradOutput)
            return gradOutput
        return self.gradInput.resize_(gradOutput.shape).copy_(gradOutput)

    def type(self, type=None, tensorCache=None):
        if type is not None and self.dontCast:
            return self
        return Module.type(self, type, tensorCache)


def _empty_of(name: str) -> Tensor:
    device, dtype = types.lookup(name)
    return torch.empty(0, dtype=dtype, device=device)
