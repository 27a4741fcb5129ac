"""Decorators: containers of one module that change how it is used."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..console import current, tostring
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from ..timer import Timer
from . import utils
from .container import Container
from .module import Module, both

Tensor = torch.Tensor


@register("nn.Decorator")
class Decorator(Container):
    """Passes everything on to its one module, so that a kind of it need only say what differs."""

    def __init__(self, module: Module | None = None):
        Container.__init__(self)
        if module is not None:
            self.modules[1] = module

    def updateOutput(self, input):
        self.output = self.modules[1].updateOutput(input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(input, gradOutput)
        self._set(gradInput=gradInput)
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.modules[1].accGradParameters(input, gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].accUpdateGradParameters(input, gradOutput, lr)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].sharedAccUpdateGradParameters(input, gradOutput, lr)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} @ {self.modules[1].__tostring__()}"

    @staticmethod
    def decorate(cls) -> None:
        """Give a class that is no Decorator (a Python class, or a Lua class as a Table) a Decorator's methods."""
        for name, member in vars(Decorator).items():
            if callable(member) and name != "__init__":
                if isinstance(cls, type):
                    setattr(cls, name, member)
                else:
                    cls[name] = member


@register("nn.Bottle")
class Bottle(Decorator):
    """Lets a module that takes ``nInputDim`` dimensions (2) take more: the first ones are taken together for it.

    ``nOutputDim`` is the number of dimensions of the module's output (as many unless given).
    """

    def __init__(self, module: Module, nInputDim: int | None = None, nOutputDim: int | None = None):
        Decorator.__init__(self, module)
        self.nInputDim = 2 if nInputDim is None else nInputDim
        self.nOutputDim = self.nInputDim if nOutputDim is None else nOutputDim
        self.dimDelta = self.nInputDim - self.nOutputDim
        self.inShape = utils.default_tensor(self.nInputDim)
        self.outShape = utils.default_tensor(self.nOutputDim)

    def updateOutput(self, input):
        output = self.modules[1].updateOutput(self._filled(input))
        if input.dim() > self.nInputDim:
            if output.dim() != self.nOutputDim:
                raise TorchError(
                    f"Wrong number of output dims on module. Expected: {self.nOutputDim} but got {output.dim()}"
                )
            leading = input.shape[: input.dim() - self.nInputDim + 1]
            output = output.view(*leading, *output.shape[1:])
        return self.output.set_(output)

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(self._filled(input), self._back(gradOutput))
        if gradInput is None:
            self._set(gradInput=None)
            return None
        return self.gradInput.set_(gradInput.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradOutput = self._back(gradOutput)
        self.modules[1].accGradParameters(self._filled(input), gradOutput, 1 if scale is None else scale)

    def _filled(self, input: Tensor) -> Tensor:
        """``input`` with its first dimensions taken together."""
        together = input.dim() - self.nInputDim + 1
        return input.reshape(-1, *input.shape[together:]) if together > 1 else input

    def _back(self, gradOutput: Tensor) -> Tensor:
        return gradOutput.reshape(self.modules[1].output.shape)


@register("nn.DontCast")
class DontCast(Decorator):
    """Keeps its module's tensor type when the network around it changes to another.

    With ``castin`` inputs are converted to ``moduleType`` and gradients by them back, with ``castout`` (as ``castin``
    unless given) outputs and their gradients the other way. ``moduleType`` is found out unless given.
    """

    moduleType = castin = castout = _input = _gradOutput = None

    def __init__(self, module: Module, castin=None, castout=None, moduleType: str | None = None):
        Decorator.__init__(self, module)
        self._set(castin=castin, castout=castin if castout is None else castout)
        if (self.castin or self.castout) and moduleType is None:
            moduleType = utils.tensor_type(module.output) or utils.tensor_type(both(module.parameters())[0])
            if moduleType is None:
                raise TorchError("Cannot extrapolate moduleType. Provide constructor argument 4")
        self._set(moduleType=moduleType)

    def updateOutput(self, input):
        if self.castin and utils.tensor_type(input) != self.moduleType:
            self._input = input = _cast(input, self.moduleType, self._input)
        output = self.modules[1].updateOutput(input)
        self.output = _cast(output, utils.tensor_type(self.output), self.output) if self.castout else output
        return self.output

    def updateGradInput(self, input, gradOutput):
        if self.castout and utils.tensor_type(gradOutput) != self.moduleType:
            self._gradOutput = gradOutput = _cast(gradOutput, self.moduleType, self._gradOutput)
        gradInput = self.modules[1].updateGradInput(self._cast_input(input), gradOutput)
        self._set(
            gradInput=_cast(gradInput, utils.tensor_type(self.gradInput), self.gradInput) if self.castin else gradInput
        )
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        Decorator.accGradParameters(self, self._cast_input(input), self._cast_gradient(gradOutput), scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        Decorator.accUpdateGradParameters(self, self._cast_input(input), self._cast_gradient(gradOutput), lr)

    def type(self, type: str | None = None, tensorCache=None):
        """Convert what comes out, and nothing inside. Without arguments the type's name."""
        if type is None:
            return self._type
        if self.castout:
            self.output = _cast(self.output, type)
        if self.castin:
            self._set(gradInput=_cast(self.gradInput, type))
        return self

    # What the last updateOutput and updateGradInput converted serves the calls that follow them.

    def _cast_input(self, input):
        return self._input if self.castin and utils.tensor_type(input) != self.moduleType else input

    def _cast_gradient(self, gradOutput):
        return self._gradOutput if self.castout and utils.tensor_type(gradOutput) != self.moduleType else gradOutput


def _cast(nest, name: str | None, old=None):
    """A nest of the same tensors in the type of that name; tensors of that type stay themselves.

    What ``old``, an earlier such nest, has of Tables and of converted tensors is used again.
    """
    if isinstance(nest, Table):
        table = old if isinstance(old, Table) else Table()
        for key in [*table.keys(), *nest.keys()]:
            table[key] = None if nest[key] is None else _cast(nest[key], name, table[key])
        return table
    if not isinstance(nest, Tensor) or name in (None, types.typename(nest)):
        return nest
    device, dtype = types.lookup(name)
    if isinstance(old, Tensor) and types.typename(old) == name:
        return old.resize_(nest.shape).copy_(nest)
    return nest.to(device, dtype)


@register("nn.NaN")
class NaN(Decorator):
    """Raises an error where its module takes or gives a nan; ``id`` (a running number) tells modules apart in it."""

    _last_id = 0

    def __init__(self, module: Module, id=None):  # noqa: A002 - the field's name
        Decorator.__init__(self, module)
        self.id = NaN.newId() if id is None else id

    @staticmethod
    def newId() -> int:
        """The next number."""
        NaN._last_id += 1
        return NaN._last_id

    def recursiveIsNaN(self, tensor) -> bool:
        """Whether there is a nan in a nest of tensors."""
        if isinstance(tensor, Table):
            return any(map(self.recursiveIsNaN, tensor.values()))
        return isinstance(tensor, Tensor) and math.isnan(tensor.sum().item())

    def updateOutput(self, input):
        self.output = self.modules[1].updateOutput(input)
        self._demand(output=self.output, input=input, parameters=self.parameters()[0])
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = Decorator.updateGradInput(self, input, gradOutput)
        self._demand(gradInput=gradInput, gradOutput=gradOutput)
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        Decorator.accGradParameters(self, input, gradOutput, scale)
        self._demand(gradParameters=self.parameters()[1])

    def _demand(self, **nests) -> None:
        """Raise if there is a nan in the first; the error blames the first of the others that has one too."""
        found = [name for name, nest in nests.items() if self.recursiveIsNaN(nest)]
        first = next(iter(nests))
        if first in found:
            culprit = next((name for name in found if name != first), first)
            raise TorchError(f"NaN found in {culprit} of module :\n{self.__tostring__()}")

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({tostring(self.id)}) @ {self.modules[1].__tostring__()}"


@register("nn.Profile")
class Profile(Decorator):
    """Prints after every ``print_interval`` (100) passes of its module, forward or backward, how long they took.

    ``name`` is what the text calls the module, by default its class.
    """

    def __init__(self, module: Module, print_interval: int | None = None, name: str | None = None):
        Decorator.__init__(self, module)
        self.print_interval = 100 if print_interval is None else print_interval
        self.name = type(module).__typename__ if name is None else name
        self.module = module
        self.numFwds = self.numBwds = 0
        self.summedFwdTime = self.summedBwdTime = 0
        self.timer = Timer()

    def updateOutput(self, input):
        self.timer.reset()
        self.output = self.module.updateOutput(input)
        self.numFwds, self.summedFwdTime = self._count(self.numFwds, self.summedFwdTime, "forward")
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.timer.reset()
        self._set(gradInput=self.module.updateGradInput(input, gradOutput))
        self.numBwds, self.summedBwdTime = self._count(self.numBwds, self.summedBwdTime, "backward")
        return self.gradInput

    def _count(self, passes: int, seconds: float, direction: str) -> tuple[int, float]:
        """One pass more: number and time of those that were not yet printed."""
        passes, seconds = passes + 1, seconds + self.timer.time().real
        if passes % self.print_interval:
            return passes, seconds
        text = f"{self.name} took {seconds:.3f} seconds for {self.print_interval} {direction} passes"
        current.console.print(text)
        return 0, 0
