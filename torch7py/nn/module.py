"""Module: what every part of a network can do."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..classes import TorchObject, register
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from . import _door, utils
from ._clone import clone, fields
from ._flatten import flatten

Tensor = torch.Tensor


@register("nn.Module")
class Module(TorchObject):
    """A part of a network: it maps an input to ``output``, and gradients back to ``gradInput``.

    A new kind of module overrides ``updateOutput(input)``, ``updateGradInput(input, gradOutput)`` and, if it has
    parameters, ``accGradParameters(input, gradOutput, scale)``. Inputs and outputs are tensors or Tables of them;
    ``output`` and ``gradInput`` are the same tensor objects from call to call.

    Fields that a module does not have (a bias after ``noBias()``, ``train`` before ``training()``) read as None.
    """

    output = gradInput = None
    weight = bias = gradWeight = gradBias = None
    modules = train = shared = _type = None

    def __init__(self):
        self.gradInput = utils.default_tensor()
        self.output = utils.default_tensor()
        self._type = types.default.name

    # --- forward and backward

    def forward(self, input):
        """The module's output for ``input`` (a tensor, a torch7py handle, or a Table of these)."""
        if type(input) is not Tensor or input.requires_grad:
            return _door.through(self.updateOutput, input)
        return self.updateOutput(input)

    def backward(self, input, gradOutput, scale=1):
        """Add the parameters' gradients, times ``scale``, to the gradient fields; return the gradient by ``input``.

        ``input`` is what the last ``forward`` got, ``gradOutput`` the gradient of the loss by its output.
        """
        if type(input) is not Tensor or type(gradOutput) is not Tensor or input.requires_grad:
            return _door.through(self._backward, input, gradOutput, scale)
        return self._backward(input, gradOutput, scale)

    def _backward(self, input, gradOutput, scale):
        self.updateGradInput(input, gradOutput)
        self.accGradParameters(input, gradOutput, 1 if scale is None else scale)
        return self.gradInput

    def __call__(self, input, gradOutput=None):
        """``forward``, and with ``gradOutput`` also ``backward``: gives the output, or output and gradInput."""
        output = self.forward(input)
        if gradOutput is None:
            return output
        return output, self.backward(input, gradOutput)

    def updateOutput(self, input):
        return self.output

    def updateGradInput(self, input, gradOutput):
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        """Add ``scale`` times the parameters' gradients to their gradient fields. Here: there are none."""

    # --- parameters

    def parameters(self) -> tuple:
        """Two Tables: the parameters and, in the same order, their gradients. None and None if there are none.

        Where there are estimates of the Hessian's diagonal (see ``hessian.py``), a third Table holds these.
        """
        names = [name for name in ("weight", "bias") if getattr(self, name) is not None]
        if not names:
            return None, None
        parameters = Table([getattr(self, name) for name in names])
        gradients = Table([getattr(self, "grad" + name.capitalize()) for name in names])
        hessians = Table([self.__dict__.get("diagHessian" + name.capitalize()) for name in names])
        return (parameters, gradients, hessians) if len(hessians) else (parameters, gradients)

    def getParameters(self) -> tuple[Tensor, ...]:
        """All parameters as one vector, and all gradients as another (and as a third what else ``parameters`` gives).

        The parameters are moved into these vectors, of which they then are views: whoever changes the vector
        changes the network. Each call moves them anew, so that earlier vectors lose their tie.
        """
        parameters, gradients, *hessians = (table or () for table in self._gathered())
        flat, flat_gradients = flatten(parameters), flatten(gradients)
        if flat.numel() != flat_gradients.numel():
            raise TorchError("check that you are sharing parameters and gradParameters")
        for position, (parameter, gradient) in enumerate(zip(parameters, gradients), 1):
            if parameter.storage_offset() != gradient.storage_offset():
                raise TorchError(f"misaligned parameter at {position}")
        return flat, flat_gradients, *map(flatten, hessians)

    def _gathered(self) -> tuple:
        """What :meth:`getParameters` moves: parameters and gradients, in order."""
        found = self.parameters()
        return found if isinstance(found, tuple) else (found, None)

    @staticmethod
    def flatten(parameters) -> Tensor:
        """Move these tensors into one new storage; the vector over it. See :meth:`getParameters`."""
        return flatten(parameters or ())

    def zeroGradParameters(self) -> None:
        if self._has_usual_parameters():
            if self.weight is not None:
                self.gradWeight.zero_()
            if self.bias is not None:
                self.gradBias.zero_()
            return
        _, gradients = both(self.parameters())
        for gradient in gradients or ():
            gradient.zero_()

    def _has_usual_parameters(self) -> bool:
        """Whether weight and bias are all there is, and no Tables are needed to go through them."""
        return getattr(self.parameters, "__func__", None) is _parameters

    def updateParameters(self, learningRate) -> None:
        """Step against the gradients: ``parameter -= learningRate * gradient``."""
        if self._has_usual_parameters():
            if self.weight is not None:
                self.weight.add_(self.gradWeight, alpha=-learningRate)
            if self.bias is not None:
                self.bias.add_(self.gradBias, alpha=-learningRate)
            return
        parameters, gradients = both(self.parameters())
        for parameter, gradient in zip(parameters or (), gradients or ()):
            parameter.add_(gradient, alpha=-learningRate)

    def backwardUpdate(self, input, gradOutput, lr):
        """``backward`` and a step of size ``lr`` in one, without using the gradient fields where that can be."""
        self.updateGradInput(input, gradOutput)
        self.accUpdateGradParameters(input, gradOutput, lr)
        return self.gradInput

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        if self.shared:
            self.sharedAccUpdateGradParameters(input, gradOutput, lr)
        else:
            self.defaultAccUpdateGradParameters(input, gradOutput, lr)

    def defaultAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        """Let the parameters themselves take the place of their gradients, and add the step to them."""
        gradWeight, gradBias = self.gradWeight, self.gradBias
        self._set(gradWeight=self.weight, gradBias=self.bias)
        try:
            self.accGradParameters(input, gradOutput, -lr)
        finally:
            self._set(gradWeight=gradWeight, gradBias=gradBias)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        if both(self.parameters())[0] is not None:
            self.zeroGradParameters()
            self.accGradParameters(input, gradOutput, 1)
            self.updateParameters(lr)

    def reset(self, stdv=None):
        """Draw new parameters; ``stdv`` is their standard deviation where the module can be told one."""

    # --- training and testing

    def training(self) -> None:
        """Be in training mode (dropout drops, batch normalisation uses the batch)."""
        self.train = True

    def evaluate(self) -> None:
        """Be in test mode."""
        self.train = False

    # --- copies, sharing, types

    def share(self, mlp: Module, *fields: str) -> Module:
        """Let the tensor fields of these names be the same memory as those of ``mlp``. Returns itself."""
        for field in fields:
            mine = getattr(self, field, None)
            if mine is not None:
                mine.set_(getattr(mlp, field))
                self.shared = mlp.shared = True
        return self

    def clone(self, *fields: str) -> Module:
        """A deep copy; the tensor fields of these names share memory with the original's."""
        twin = clone(self, fields)
        if fields:
            twin.share(self, *fields)
        return twin

    def type(self, type: str | None = None, tensorCache=None):
        """Without arguments the name of the module's tensor type; else convert all its tensors to that type.

        Tensors that share memory go on sharing it, as do those of other modules converted with the same
        ``tensorCache`` (a dict or Table). Returns itself.
        """
        if type is None:
            return self._type
        convert = utils.converter(type, tensorCache)
        for name, value in list(self.__dict__.items()):
            self.__dict__[name] = convert(value)
        self._type = types.here(type)
        return self

    def float(self, tensorCache=None) -> Module:
        return self.type("torch.FloatTensor", tensorCache)

    def double(self, tensorCache=None) -> Module:
        return self.type("torch.DoubleTensor", tensorCache)

    def cuda(self, tensorCache=None) -> Module:
        return self.type("torch.CudaTensor", tensorCache)

    def clearState(self) -> Module:
        """Free the memory of what was computed last; parameters stay. Returns itself."""
        return utils.clear(self, "output", "gradInput")

    def write(self, file) -> None:
        """Write the fields to an open Torch7 file as one table."""
        file.writeObject(Table({name: value for name, value in fields(self).items() if value is not None}))

    def read(self, file, version=None) -> None:
        """Take over the fields that :meth:`write` wrote. Classes that changed over time mend old fields here."""
        file.world.set_fields(self, file.readObject())
        self._type = types.here(self._type) or utils.tensor_type(Table(weight=self.weight, output=self.output))

    # --- the network as a tree

    def apply(self, callback: Callable[[Module], object]) -> None:
        """Call ``callback`` with this module, then with all inside it."""
        callback(self)
        for module in self._children():
            module.apply(callback)

    def replace(self, callback: Callable[[Module], Module]) -> Module:
        """Put ``callback(module)`` in the place of every module inside; returns the one for this module."""
        out = callback(self)
        for position, module in enumerate(self._children(), 1):
            self.modules[position] = module.replace(callback)
        return out

    def listModules(self) -> Table:
        """This module and all inside it, each before its own children."""
        found = Table([self])
        for module in self._children():
            for inner in module.listModules():
                found.append(inner)
        return found

    def findModules(self, typename: str, container: Module | None = None) -> tuple[Table, Table]:
        """The modules whose class has exactly this name, and the containers that hold them."""
        nodes, containers = Table(), Table()
        if type(self).__typename__ == typename:
            nodes.append(self)
            containers.append(self if container is None else container)
        for module in self._children():
            for node, holder in zip(*module.findModules(typename, self)):
                nodes.append(node)
                containers.append(holder)
        return nodes, containers

    def _children(self) -> list[Module]:
        return list(self.modules) if isinstance(self.modules, Table) else []

    # --- text

    def __tostring__(self) -> str:
        return type(self).__typename__

    def __repr__(self) -> str:
        return self.__tostring__()

    # --- helpers for the module classes

    def _set(self, **fields) -> None:
        """Set fields; None removes one."""
        for name, value in fields.items():
            if value is None:
                self.__dict__.pop(name, None)
            else:
                self.__dict__[name] = value


_parameters = Module.parameters  # as it is before a program changes it


def keeps(module: Module, method: str, cls: type) -> bool:
    """Whether the module's method is that of ``cls``: neither a class nor the module itself has put another there."""
    return getattr(getattr(module, method), "__func__", None) is getattr(cls, method)


def both(result) -> tuple:
    """The two results of ``parameters()``; a class written in Lua may return fewer."""
    if isinstance(result, tuple):
        return result if len(result) == 2 else (result + (None, None))[:2]
    return result, None
