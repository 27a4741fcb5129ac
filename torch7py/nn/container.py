"""Container: modules that hold modules."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from . import utils
from .module import Module, both


@register("nn.Container")
class Container(Module):
    """A module that holds others in the Table ``modules``."""

    def __init__(self, *args):
        Module.__init__(self, *args)
        self.modules = Table()

    def add(self, module: Module) -> Container:
        """Append ``module``. Returns itself."""
        self.modules.append(module)
        return self

    def get(self, index: int) -> Module | None:
        """The module at ``index`` (from 1)."""
        return self.modules[index]

    def size(self) -> int:
        """The number of modules."""
        return len(self.modules)

    def applyToModules(self, func) -> None:
        """Call ``func`` with each module held directly."""
        for module in self._children():
            func(module)

    def zeroGradParameters(self) -> None:
        for module in self.modules.list():
            module.zeroGradParameters()

    def updateParameters(self, learningRate) -> None:
        for module in self.modules.list():
            module.updateParameters(learningRate)

    def training(self) -> None:
        self.applyToModules(lambda module: module.training())
        Module.training(self)

    def evaluate(self) -> None:
        self.applyToModules(lambda module: module.evaluate())
        Module.evaluate(self)

    def share(self, mlp: Container, *fields: str) -> Container:
        for mine, other in zip(self._children(), mlp.modules):
            mine.share(other, *fields)
        return self

    def reset(self, stdv=None):
        self.applyToModules(lambda module: module.reset(stdv))

    def parameters(self) -> tuple[Table, Table]:
        """The parameters and gradients of all modules, in order."""
        found, gradients = Table(), Table()
        for module in self.modules.list():
            its, its_gradients = both(module.parameters())
            if its is not None:
                _gather(found, its)
                _gather(gradients, its_gradients)
        return found, gradients

    def clearState(self) -> Container:
        # output and gradInput may be a child's tensors: let go of them instead of emptying them
        release(self, "output", "gradInput")
        for module in self._children():
            module.clearState()
        return self

    def rethrowErrors(self, module: Module, moduleIndex: int, funcName: str, *args):
        """Call a method of the module at ``moduleIndex``; an error then names the way to that module."""
        if self.modules[moduleIndex] is not module:
            raise TorchError("mismatch between moduleIndex and self.modules in rethrowErrors")
        try:
            return getattr(module, funcName)(*args)
        except Exception as error:
            raise self._located(moduleIndex, error) from root(error)

    def _located(self, index: int, error: Exception) -> ModuleError:
        """``error``, which arose in the module at ``index`` (from 1), with the way to that module before it."""
        if isinstance(error, ModuleError):
            message = str(error)
        else:
            message = f"{_one_line(self.modules[index])}: {getattr(error, 'message', error)}"
        return ModuleError(f"In {index} module of {type(self).__typename__}: {message}")


class ModuleError(TorchError):
    """An error in a module of a container. The message begins with the way there; the cause is the error itself."""


def root(error: Exception) -> Exception:
    """The error that an inner container already put into words, or ``error`` itself."""
    return error.__cause__ if isinstance(error, ModuleError) and error.__cause__ else error


def _one_line(module) -> str:
    """How a module prints itself, if that is one line, else its type."""
    try:
        text = module.__tostring__()
    except Exception:  # it is in trouble already
        text = "\n"
    return types.typename(module) if "\n" in text else text


def release(module: Module, *fields: str) -> None:
    """Put fresh empty tensors and tables in the place of these fields' values."""
    for name in fields:
        value = module.__dict__.get(name)
        if isinstance(value, torch.Tensor):
            module.__dict__[name] = utils.empty_like_type(value)
        elif isinstance(value, Table):
            module.__dict__[name] = Table()
        elif value:
            del module.__dict__[name]


def _gather(to: Table, value) -> None:
    if isinstance(value, Table):
        for item in value:
            _gather(to, item)
    else:
        to.append(value)
