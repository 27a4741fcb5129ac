"""Containers that run modules side by side: ParallelTable, ConcatTable, Concat, Parallel, ..."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor.storage import longs
from ._kernels import fit
from .container import Container
from .module import Module

Tensor = torch.Tensor


class _SideBySide(Container):
    """What these containers share: how they print, and calling a method of each module."""

    def _each(self, method: str, arguments, count: int | None = None):
        """Call ``method`` of the modules (or the first ``count``) one after the other, with what
        ``arguments(position)`` gives each; the results come one by one.
        """
        for position, module in enumerate(self._children()[:count], 1):
            yield self.rethrowErrors(module, position, method, *arguments(position))

    def _run(self, method: str, arguments, count: int | None = None) -> None:
        for _ in self._each(method, arguments, count):
            pass

    def __tostring__(self) -> str:
        lines = [f"{type(self).__typename__} {{", "  input"]
        for position, module in enumerate(self.modules, 1):
            last = position == len(self.modules)
            branch, margin = ("   `-> ", "       ") if last else ("  |`-> ", "  |    ")
            text = module.__tostring__().replace("\n", "\n  " + margin)
            lines.append(f"  {branch}({position}): {text}")
        return "\n".join([*lines, "     ... -> output", "}"])


@register("nn.ParallelTable")
class ParallelTable(_SideBySide):
    """Gives the i-th element of the input Table to the i-th module; the outputs make a Table."""

    def __init__(self):
        Container.__init__(self)
        self.output, self.gradInput = Table(), Table()

    def updateOutput(self, input):
        for position, output in enumerate(self._each("updateOutput", lambda i: (input[i],)), 1):
            self.output[position] = output
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradients = self._each("updateGradInput", lambda i: (input[i], gradOutput[i]))
        for position, gradient in enumerate(gradients, 1):
            self.gradInput[position] = gradient
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._run("accGradParameters", lambda i: (input[i], gradOutput[i], 1 if scale is None else scale))

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._run("accUpdateGradParameters", lambda i: (input[i], gradOutput[i], lr))


def add_nest(total, nest, first: bool):
    """``total`` set to the nest of gradients, or where that is not the ``first`` one, increased by it."""
    if isinstance(nest, Table):
        total = total if isinstance(total, Table) else Table()
        for key, item in enumerate(nest, 1):
            total[key] = add_nest(total[key], item, first)
        for key in range(len(total), len(nest), -1):
            total[key] = None
        return total
    if not isinstance(total, Tensor):
        return nest.clone()
    if first:
        return total.resize_(nest.shape).copy_(nest)
    return total.add_(nest)


class _SharedInput(_SideBySide):
    """Modules that all get the same input, so that their gradients add up."""

    def updateGradInput(self, input, gradOutput):
        return self._add_up("updateGradInput", input, lambda i: (input, self._part(gradOutput, i)))

    def _backward(self, input, gradOutput, scale):
        scale = 1 if scale is None else scale
        return self._add_up("backward", input, lambda i: (input, self._part(gradOutput, i), scale))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        self._run("accGradParameters", lambda i: (input, self._part(gradOutput, i), scale))

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._run("accUpdateGradParameters", lambda i: (input, self._part(gradOutput, i), lr))

    def _add_up(self, method: str, input, arguments):
        total, first = self.gradInput, True
        if isinstance(total, Table) != isinstance(input, Table):
            total = None
        for gradient in self._each(method, arguments):
            if isinstance(input, Table):
                if not isinstance(gradient, Table):
                    raise TorchError("currentGradInput is not a table!")
                if len(gradient) != len(input):
                    raise TorchError(f"table size mismatch: {len(input)} ~= {len(gradient)}")
            if gradient is not None:  # a module may not give any, as a first layer without gradInput
                total = add_nest(total, gradient, first)
                first = False
        self._set(gradInput=total)
        return total


@register("nn.ConcatTable")
class ConcatTable(_SharedInput):
    """Gives the input to every module; the outputs make a Table."""

    def __init__(self):
        Container.__init__(self)
        self.output = Table()

    def updateOutput(self, input):
        for position, output in enumerate(self._each("updateOutput", lambda i: (input,)), 1):
            self.output[position] = output
        return self.output

    def _part(self, gradOutput, position: int):
        return gradOutput[position]


@register("nn.Concat")
class Concat(_SharedInput):
    """Gives the input to every module and joins the outputs along ``dimension``.

    Without a dimension it only holds modules together, for their parameters.
    """

    def __init__(self, dimension: int | None = None):
        Container.__init__(self)
        self.outputSize = longs([])
        self.dimension = dimension

    def updateOutput(self, input):
        outputs = list(self._each("updateOutput", lambda i: (input,)))
        sizes = list(outputs[0].shape)
        sizes[self.dimension - 1] = sum(output.shape[self.dimension - 1] for output in outputs)
        self.outputSize = longs(sizes)
        if self.output.shape != tuple(sizes):
            self.output.resize_(sizes)
        return torch.cat(outputs, self.dimension - 1, out=self.output)

    def _part(self, gradOutput, position: int):
        start = sum(self.modules[i].output.shape[self.dimension - 1] for i in range(1, position))
        return gradOutput.narrow(self.dimension - 1, start, self.modules[position].output.shape[self.dimension - 1])


@register("nn.DepthConcat")
class DepthConcat(Concat):
    """Concat for outputs that differ in their other sizes too: the smaller ones stand in the middle, among zeros."""

    def windowNarrow(self, output, currentOutput, offset):
        """The part of ``output`` that belongs to a module, whose slices begin at ``offset`` (from 1)."""
        window = output.narrow(self.dimension - 1, offset - 1, currentOutput.shape[self.dimension - 1])
        for dimension, size in enumerate(currentOutput.shape):
            if dimension != self.dimension - 1:
                window = window.narrow(dimension, (self.outputSize[dimension + 1] - size) // 2, size)
        return window

    def updateOutput(self, input):
        outputs = list(self._each("updateOutput", lambda i: (input,)))
        sizes = [max(output.shape[dimension] for output in outputs) for dimension in range(outputs[0].dim())]
        sizes[self.dimension - 1] = sum(output.shape[self.dimension - 1] for output in outputs)
        self.outputSize = longs(sizes)
        self.output.resize_(sizes).zero_()
        offset = 1
        for output in outputs:
            self.windowNarrow(self.output, output, offset).copy_(output)
            offset += output.shape[self.dimension - 1]
        return self.output

    def _part(self, gradOutput, position: int):
        offset = 1 + sum(self.modules[i].output.shape[self.dimension - 1] for i in range(1, position))
        return self.windowNarrow(gradOutput, self.modules[position].output, offset)


@register("nn.Parallel")
class Parallel(_SideBySide):
    """Gives the i-th slice of the input along ``inputDimension`` to the i-th module, and joins the outputs along
    ``outputDimension``. Without dimensions it only holds modules together, for their parameters.
    """

    def __init__(self, inputDimension: int | None = None, outputDimension: int | None = None):
        Container.__init__(self)
        self.inputDimension, self.outputDimension = inputDimension, outputDimension

    def updateOutput(self, input):
        outputs = list(self._each("updateOutput", lambda i: (self._slice(input, i),), self._count(input)))
        sizes = list(outputs[0].shape)
        sizes[self.outputDimension - 1] = sum(output.shape[self.outputDimension - 1] for output in outputs)
        self.totalOutputSize = longs(sizes)
        if self.output.shape != tuple(sizes):
            self.output.resize_(sizes)
        return torch.cat(outputs, self.outputDimension - 1, out=self.output)

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self.gradInput, input)
        gradients = self._each(
            "updateGradInput", lambda i: (self._slice(input, i), self._part(gradOutput, i)), self._count(input)
        )
        for position, gradient in enumerate(gradients, 1):
            self._slice(gradInput, position).copy_(gradient)
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        self._run(
            "accGradParameters", lambda i: (self._slice(input, i), self._part(gradOutput, i), scale), self._count(input)
        )

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._run(
            "accUpdateGradParameters",
            lambda i: (self._slice(input, i), self._part(gradOutput, i), lr),
            self._count(input),
        )

    def _count(self, input: Tensor) -> int:
        """The number of slices, each for a module."""
        count = input.shape[self.inputDimension - 1]
        if count > len(self.modules):
            raise TorchError(f"input has {count} slices, but there are {len(self.modules)} modules")
        return count

    def _slice(self, tensor: Tensor, position: int) -> Tensor:
        return tensor.select(self.inputDimension - 1, position - 1)

    def _part(self, gradOutput: Tensor, position: int) -> Tensor:
        dimension = self.outputDimension - 1
        start = sum(self.modules[i].output.shape[dimension] for i in range(1, position))
        return gradOutput.narrow(dimension, start, self.modules[position].output.shape[dimension])


@register("nn.MapTable")
class MapTable(Container):
    """Gives every element of the input Table to a clone of one module; the outputs make a Table.

    The clones share their parameters with the module unless ``shared`` is false.
    """

    module = None
    sharedparams = None

    def __init__(self, module: Module | None = None, shared: bool | None = None):
        Container.__init__(self)
        self.shared = True if shared is None else shared
        self.sharedparams = Table(["weight", "bias", "gradWeight", "gradBias"])
        self.output, self.gradInput = Table(), Table()
        if module is not None:
            self.add(module)

    def add(self, module: Module) -> MapTable:
        """Set the module. Returns itself."""
        if self.module is not None:
            raise TorchError("Single module required")
        self.module = module
        self.modules[1] = module
        return self

    def resize(self, n: int) -> None:
        """Keep just ``n`` modules: make clones or drop them."""
        self._extend(n)
        for position in range(len(self.modules), n, -1):
            self.modules[position].clearState()
            self.modules[position] = None

    def _extend(self, n: int) -> None:
        fields = self.sharedparams or ("weight", "bias", "gradWeight", "gradBias")
        self.modules[1] = self.module
        for position in range(len(self.modules) + 1, n + 1):
            self.modules[position] = self.module.clone(*fields) if self.shared else self.module.clone()

    def updateOutput(self, input):
        self.output = self._mapped("updateOutput", input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = self._mapped("updateGradInput", input, gradOutput)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._mapped("accGradParameters", input, gradOutput, (1 if scale is None else scale,))

    def accUpdateGradParameters(self, input, gradOutput, lr=1) -> None:
        self._mapped("accUpdateGradParameters", input, gradOutput, (1 if lr is None else lr,))

    def _mapped(self, method: str, input: Table, gradOutput: Table | None = None, more: tuple = ()) -> Table:
        self._extend(len(input))
        results = Table()
        for position, item in enumerate(input.list(), 1):
            gradient = () if gradOutput is None else (gradOutput[position],)
            results[position] = self.rethrowErrors(self.modules[position], position, method, item, *gradient, *more)
        return results

    def zeroGradParameters(self) -> None:
        if self.module is not None:
            if self.shared:
                self.module.zeroGradParameters()
            else:
                Container.zeroGradParameters(self)

    def updateParameters(self, learningRate) -> None:
        if self.module is not None:
            (self.module.updateParameters if self.shared else lambda lr: Container.updateParameters(self, lr))(
                learningRate
            )

    def clearState(self) -> MapTable:
        for position in range(len(self.modules), 1, -1):
            self.modules[position].clearState()
            self.modules[position] = None
        return Container.clearState(self)

    def __tostring__(self) -> str:
        name = type(self).__typename__
        if self.module is None:
            return f"{name} {{ }}"
        text = self.module.__tostring__().replace("\n", "\n        ")
        return f"{name} {{\n  {text}\n}}"
