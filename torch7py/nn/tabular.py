"""Modules whose input or output is a Table: sums and products of its elements, joining, splitting, selecting."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor.storage import longs
from . import utils
from ._check import need_table
from ._kernels import fit, into, matched
from .container import release
from .module import Module

Tensor = torch.Tensor


def tensor_at(table: Table, key, like: Tensor) -> Tensor:
    """The tensor that ``table`` keeps at ``key``, in the sizes of ``like``; made if it is not there."""
    tensor = table[key]
    if not isinstance(tensor, Tensor):
        tensor = table[key] = utils.empty_like_type(like)
    return fit(tensor, like)


def cut(table: Table, length: int) -> Table:
    """Remove what stands behind the first ``length`` elements."""
    for position in range(len(table), length, -1):
        table[position] = None
    return table


def tensors_like(table: Table, tensors: list[Tensor]) -> list[Tensor]:
    """The tensors that ``table`` keeps at 1, 2, ..., one for each of ``tensors`` and in its sizes; none behind them."""
    found = table.list()
    if len(found) != len(tensors):
        for position, like in enumerate(tensors, 1):
            tensor_at(table, position, like)
        found = cut(table, len(tensors)).list()
    for tensor, like in zip(found, tensors):
        fit(tensor, like)
    return found


def sample_dimension(dimension: int, nInputDims: int | None, tensor: Tensor) -> int:
    """A dimension of a sample (from 1, or from -1 backwards) as PyTorch counts, stepping over a batch dimension."""
    if dimension < 0:
        return tensor.dim() + dimension
    if nInputDims is not None and tensor.dim() == nInputDims + 1:
        return dimension
    return dimension - 1


class _TableInput(Module):
    """A module that takes a Table and therefore has a Table of gradients."""

    def __init__(self):
        Module.__init__(self)
        self.gradInput = Table()


@register("nn.CAddTable")
class CAddTable(_TableInput):
    """The sum of all tensors in a Table. With ``ip`` the first one becomes the sum."""

    inplace = None

    def __init__(self, ip: bool | None = None):
        _TableInput.__init__(self)
        self._set(inplace=ip)

    def updateOutput(self, input):
        tensors = input.list()
        first = tensors[0]
        output = into(self.output, first, self.inplace)
        if len(tensors) == 1:
            return output if self.inplace else output.copy_(first)
        for tensor in tensors[1:]:
            torch.add(first, matched(tensor, first, ("t", "src")), out=output)
            first = output
        return output

    def updateGradInput(self, input, gradOutput):
        for gradient in tensors_like(self.gradInput, input.list()):
            if self.inplace:
                gradient.set_(gradOutput)
            else:
                gradient.copy_(matched(gradOutput, gradient))
        return self.gradInput


@register("nn.CSubTable")
class CSubTable(_TableInput):
    """The first tensor minus the second."""

    def updateOutput(self, input):
        first = input[1]
        return torch.sub(first, matched(input[2], first), out=fit(self.output, first))

    def updateGradInput(self, input, gradOutput):
        first, second = input[1], input[2]
        tensor_at(self.gradInput, 1, first).copy_(matched(gradOutput, first))
        torch.neg(matched(gradOutput, second), out=tensor_at(self.gradInput, 2, second))
        return cut(self.gradInput, len(input))


@register("nn.CMulTable")
class CMulTable(_TableInput):
    """The product of all tensors, element by element."""

    def updateOutput(self, input):
        tensors = input.list()
        first, output = tensors[0], fit(self.output, tensors[0])
        if len(tensors) == 1:
            return output.copy_(first)
        for tensor in tensors[1:]:
            torch.mul(first, matched(tensor, first), out=output)
            first = output
        return output

    def updateGradInput(self, input, gradOutput):
        tensors = input.list()
        for position, gradient in enumerate(tensors_like(self.gradInput, tensors)):
            source = matched(gradOutput, gradient)
            for place, other in enumerate(tensors):
                if place != position:
                    source = torch.mul(source, matched(other, gradient), out=gradient)
            if len(tensors) == 1:
                gradient.copy_(source)
        return self.gradInput

    def updateGradInput_efficient(self, input, gradOutput):
        """The same through quotients of the product: fewer operations, but wrong where an element is 0."""
        for position, tensor in enumerate(input.list(), 1):
            gradient = tensor_at(self.gradInput, position, tensor)
            torch.div(self.output, tensor, out=gradient).mul_(gradOutput)
        return cut(self.gradInput, len(input))

    def clearState(self) -> CMulTable:
        utils.clear(self, "tout")
        return Module.clearState(self)


@register("nn.CDivTable")
class CDivTable(_TableInput):
    """The first tensor divided by the second, element by element."""

    def updateOutput(self, input):
        first = input[1]
        return torch.div(first, matched(input[2], first), out=fit(self.output, first))

    def updateGradInput(self, input, gradOutput):
        first, second = input[1], input[2]
        by_first = tensor_at(self.gradInput, 1, first)
        torch.div(matched(gradOutput, first), matched(second, first), out=by_first)
        by_second = torch.div(matched(by_first, second), second, out=tensor_at(self.gradInput, 2, second))
        by_second.mul_(matched(first, second)).neg_()
        return cut(self.gradInput, len(input))


class _Extreme(_TableInput):
    """What CMaxTable and CMinTable share: of equal elements the first counts."""

    def __init__(self):
        _TableInput.__init__(self)
        for name in (self._index, "mask", self._values, "gradMaxVals"):
            setattr(self, name, utils.default_tensor())

    def updateOutput(self, input):
        tensors = input.list()
        output = fit(self.output, tensors[0]).copy_(tensors[0])
        index = fit(getattr(self, self._index), output).fill_(1)
        for position, tensor in enumerate(tensors[1:], 2):
            tensor = matched(tensor, output)
            better = self._better(tensor, output)
            index.masked_fill_(better, position)
            torch.where(better, tensor, output, out=output)
        return output

    def updateGradInput(self, input, gradOutput):
        index = getattr(self, self._index)
        for position, tensor in enumerate(input.list(), 1):
            gradInput = tensor_at(self.gradInput, position, tensor)
            torch.mul(matched(gradOutput, tensor), index.view_as(tensor) == position, out=gradInput)
        return cut(self.gradInput, len(input))


@register("nn.CMaxTable")
class CMaxTable(_Extreme):
    """The largest of the tensors' elements at each place."""

    _index, _values, _better = "maxIdx", "maxVals", staticmethod(torch.gt)


@register("nn.CMinTable")
class CMinTable(_Extreme):
    """The smallest of the tensors' elements at each place."""

    _index, _values, _better = "minIdx", "minVals", staticmethod(torch.lt)


@register("nn.CAddTensorTable")
class CAddTensorTable(_TableInput):
    """``{t, {a, b, ...}}`` gives ``{a + t, b + t, ...}``."""

    def updateOutput(self, input):
        self.output = Table([tensor + input[1] for tensor in need_table(input[2])])
        return self.output

    def updateGradInput(self, input, gradOutput):
        total = tensor_at(self.gradInput, 1, input[1]).zero_()
        if self.gradInput[2] is None:
            self.gradInput[2] = Table()
        for position, gradient in enumerate(gradOutput.list(), 1):
            total.add_(gradient)
            tensor_at(self.gradInput[2], position, input[1]).copy_(gradient)
        cut(self.gradInput[2], len(input[2]))
        return self.gradInput


@register("nn.JoinTable")
class JoinTable(_TableInput):
    """The tensors of a Table joined along ``dimension``, which counts without the batch if ``nInputDims`` is given."""

    nInputDims = None

    def __init__(self, dimension: int, nInputDims: int | None = None):
        _TableInput.__init__(self)
        self.size = longs([])
        self.dimension = dimension
        self._set(nInputDims=nInputDims)

    def updateOutput(self, input):
        tensors = input.list()
        dimension = sample_dimension(self.dimension, self.nInputDims, tensors[0])
        output, sizes = self.output, list(tensors[0].shape)
        sizes[dimension] = sum(tensor.shape[dimension] for tensor in tensors)
        if output.shape != tuple(sizes):
            output.resize_(sizes)
        return torch.cat(tensors, dimension, out=output)

    def updateGradInput(self, input, gradOutput):
        tensors = input.list()
        dimension = sample_dimension(self.dimension, self.nInputDims, tensors[0])
        start = 0
        for position, tensor in enumerate(tensors, 1):
            length = tensor.shape[dimension]
            part = gradOutput.narrow(dimension, start, length)
            tensor_at(self.gradInput, position, tensor).copy_(part)
            start += length
        return cut(self.gradInput, len(tensors))

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self.gradInput = Table()
        return Module.type(self, type, tensorCache)


@register("nn.SplitTable")
class SplitTable(Module):
    """A Table of the slices along ``dimension``, which counts without the batch if ``nInputDims`` is given."""

    nInputDims = None

    def __init__(self, dimension: int, nInputDims: int | None = None):
        Module.__init__(self)
        self.dimension = dimension
        self._set(nInputDims=nInputDims)

    def updateOutput(self, input):
        dimension = sample_dimension(self.dimension, self.nInputDims, input)
        slices = input.unbind(dimension)
        # as everywhere in Torch7, what has no dimension left is a number
        self.output = Table([part.item() for part in slices] if input.dim() == 1 else slices)
        return self.output

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        dimension = sample_dimension(self.dimension, self.nInputDims, input)
        gradInput, gradients = fit(self.gradInput, input), gradOutput.list()
        if len(gradients) == input.shape[dimension] and all(type(gradient) is Tensor for gradient in gradients):
            part = gradInput.select(dimension, 0)
            return torch.stack([matched(gradient, part) for gradient in gradients], dimension, out=gradInput)
        for position, gradient in enumerate(gradients):
            part = gradInput.select(dimension, position)
            if isinstance(gradient, Tensor):
                part.copy_(matched(gradient, part))
            else:
                part.fill_(gradient)
        return gradInput


class _Picking(Module):
    """What SelectTable and NarrowTable share: their tensors are other modules'."""

    def __init__(self):
        Module.__init__(self)
        self.gradInput = Table()

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self.gradInput, self.output = Table(), Table()
        return Module.type(self, type, tensorCache)

    def clearState(self) -> _Picking:
        release(self, "output", "gradInput")
        return self


@register("nn.SelectTable")
class SelectTable(_Picking):
    """The element of a Table at ``index``: a number (negative from the end) or another key."""

    def __init__(self, index):
        _Picking.__init__(self)
        self.index = index

    def _key(self, input: Table):
        if isinstance(self.index, (int, float)) and self.index < 0:
            return len(input) + self.index + 1
        return self.index

    def updateOutput(self, input):
        self._set(output=input[self._key(input)])
        if self.output is None:
            raise TorchError(f"index {self.index} does not exist in the input table")
        return self.output

    def updateGradInput(self, input, gradOutput):
        zeros_like(self.gradInput, input)
        utils.recursiveCopy(self.gradInput[self._key(input)], gradOutput)
        return self.gradInput

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.index})"


def zeros_like(nest: Table, model: Table) -> Table:
    """Make ``nest`` the structure of ``model``, with zeros in its tensors."""
    for key, item in list(model.items()):
        if isinstance(item, Table):
            nest[key] = zeros_like(nest[key] if isinstance(nest[key], Table) else Table(), item)
        elif isinstance(item, Tensor):
            tensor_at(nest, key, item).zero_()
        else:
            nest[key] = None
    for key in list(nest.keys()):
        if model[key] is None:
            nest[key] = None
    return nest


@register("nn.NarrowTable")
class NarrowTable(_Picking):
    """``length`` elements (1 unless given) of a Table from ``offset`` on."""

    def __init__(self, offset: int | None = None, length: int | None = None):
        _Picking.__init__(self)
        if offset is None:
            raise TorchError("nn.NarrowTable(offset, length)")
        self.offset = offset
        self.length = 1 if length is None else length
        self.output = Table()

    def updateOutput(self, input):
        cut(self.output, 0)
        for position in range(1, self.length + 1):
            self.output[position] = input[self.offset + position - 1]
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = self.gradInput
        for position in range(1, len(input) + 1):
            inside = position - self.offset + 1
            if 1 <= inside <= self.length:
                gradInput[position] = gradOutput[inside]
            else:
                gradInput[position] = utils.recursiveFill(
                    utils.recursiveResizeAs(gradInput[position], input[position])[0], 0
                )
        return cut(gradInput, len(input))


@register("nn.FlattenTable")
class FlattenTable(Module):
    """The tensors of a nested Table in one flat Table."""

    def __init__(self):
        Module.__init__(self)
        self.output, self.input_map, self.gradInput = Table(), Table(), Table()

    def updateOutput(self, input):
        _need_table(input)
        if not _same_leaves(self.output, input, self.input_map):
            self.output = Table()
            self.input_map = _flatten(self.output, input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        _need_table(input)
        if not _same_leaves(gradOutput, self.gradInput, self.input_map):
            self.gradInput = _unflatten(gradOutput, self.input_map)
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self.clearState()
        return Module.type(self, type, tensorCache)

    def clearState(self) -> FlattenTable:
        self.input_map = Table()
        return Module.clearState(self)


def _need_table(input) -> None:
    if not isinstance(input, Table):
        raise TorchError("input must be a table")


def _flatten(flat: Table, nest):
    """Append the leaves of ``nest`` to ``flat``; the structure of ``nest`` with their positions as leaves."""
    if isinstance(nest, Table):
        return Table([_flatten(flat, item) for item in nest])
    flat.append(nest)
    return len(flat)


def _unflatten(flat: Table, positions):
    if isinstance(positions, Table):
        return Table([_unflatten(flat, item) for item in positions])
    return flat[positions]


def _same_leaves(flat: Table, nest, positions) -> bool:
    """Whether ``flat`` holds the leaves of ``nest`` at these positions."""
    if positions is None or nest is None:
        return False
    if isinstance(nest, Table):
        return (
            isinstance(positions, Table)
            and len(nest) == len(positions)
            and all(_same_leaves(flat, item, position) for item, position in zip(nest, positions, strict=True))
        )
    return not isinstance(positions, Table) and flat[positions] is nest


@register("nn.ZipTable")
class ZipTable(Module):
    """``{{a1, a2}, {b1, b2}}`` becomes ``{{a1, b1}, {a2, b2}}``."""

    def __init__(self):
        Module.__init__(self)
        self.output, self.gradInput = Table(), Table()

    def updateOutput(self, inputTable):
        self.output = _zipped(inputTable)
        return self.output

    def updateGradInput(self, inputTable, gradOutputTable):
        self.gradInput = _zipped(gradOutputTable)
        return self.gradInput


def _zipped(tables: Table) -> Table:
    zipped = Table()
    for row, table in enumerate(need_table(tables), 1):
        for column, item in enumerate(need_table(table), 1):
            if zipped[column] is None:
                zipped[column] = Table()
            zipped[column][row] = item
    return zipped


@register("nn.ZipTableOneToMany")
class ZipTableOneToMany(Module):
    """``{x, {a, b, ...}}`` becomes ``{{x, a}, {x, b}, ...}``."""

    def __init__(self):
        Module.__init__(self)
        self.output, self.gradInput = Table(), Table()
        self.gradInputEl = utils.default_tensor()

    def updateOutput(self, input):
        self._check(input)
        self.output = Table([Table([input[1], item]) for item in need_table(input[2])])
        return self.output

    def updateGradInput(self, input, gradOutput):
        self._check(input)
        total = fit(self.gradInputEl, input[1]).zero_()
        for pair in gradOutput:
            total.add_(pair[1])
        self.gradInput = Table([total, Table([pair[2] for pair in gradOutput])])
        return self.gradInput

    @staticmethod
    def _check(input) -> None:
        if len(input) != 2:
            raise TorchError("input must be table of element and table")


@register("nn.MixtureTable")
class MixtureTable(_TableInput):
    """A mixture of experts: ``{gates, experts}`` gives the experts' sum weighted by the gates.

    ``gates`` is a vector with one number for each expert, or a batch of these. ``experts`` is a Table of tensors,
    or one tensor in which dimension ``dim`` (1, of a batch 2, unless given) counts the experts.
    """

    dim = None

    def __init__(self, dim: int | None = None):
        _TableInput.__init__(self)
        self._set(dim=dim)
        self.size, self.size2 = longs([]), longs([])
        self.batchSize = 0
        self.backwardSetup = False

    def updateOutput(self, input):
        gates, experts = self._aligned(input)
        self.output.set_((gates * experts).sum(self._dimension(input)))
        return self.output

    def updateGradInput(self, input, gradOutput):
        gates, experts = self._aligned(input)
        dimension = self._dimension(input)
        utils.recursiveResizeAs(self.gradInput, input)
        gradient = matched(gradOutput, self.output).unsqueeze(dimension)
        products = gradient * experts
        others = [d for d in range(products.dim()) if d != dimension and not (input[1].dim() > 1 and d == 0)]
        self.gradInput[1].copy_((products.sum(others) if others else products).view(input[1].shape))
        by_experts = (gradient * gates).expand_as(experts)
        if isinstance(input[2], Table):
            for target, source in zip(self.gradInput[2], by_experts.unbind(dimension), strict=True):
                target.copy_(source)
        else:
            self.gradInput[2].copy_(by_experts)
        return self.gradInput

    def _dimension(self, input) -> int:
        return (self.dim if self.dim is not None else min(input[1].dim(), 2)) - 1

    def _aligned(self, input) -> tuple[Tensor, Tensor]:
        """Gates and experts as tensors of equally many dimensions."""
        gates, experts = input[1], input[2]
        dimension = self._dimension(input)
        if isinstance(experts, Table):
            if gates.shape[-1] != len(experts):
                raise TorchError("Should be one gater output per expert")
            experts = torch.stack(experts.list(), dimension)
        sizes = [1] * experts.dim()
        if gates.dim() > 1:
            sizes[0] = gates.shape[0]
        sizes[dimension] = gates.shape[-1]
        return gates.view(sizes), experts
