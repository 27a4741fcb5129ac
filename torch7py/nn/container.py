"""Container: modules that hold modules."""

from __future__ import annotations

import os
import re

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor.arguments import wording
from . import utils
from .module import Module

_WARNING = "WARNING: If you see a stack trace below, it is that of the outermost call; the fault is where said above."


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
        for module in self._children():
            module.training()
        Module.training(self)

    def evaluate(self) -> None:
        for module in self._children():
            module.evaluate()
        Module.evaluate(self)

    def share(self, mlp: Container, *fields: str) -> Container:
        for mine, other in zip(self._children(), mlp.modules):
            mine.share(other, *fields)
        return self

    def reset(self, stdv=None):
        self.applyToModules(lambda module: module.reset(stdv))

    def parameters(self) -> tuple[Table, ...]:
        """The parameters and gradients of all modules, in order; a third Table where a module gives one."""
        found, gradients, hessians = Table(), Table(), Table()
        for module in self.modules.list():
            its = module.parameters()
            its, its_gradients, *its_hessians = its if isinstance(its, tuple) else (its, None)
            if its is not None:
                _gather(found, its)
                _gather(gradients, its_gradients)
                for hessian in its_hessians:
                    _gather(hessians, hessian)
        return (found, gradients, hessians) if len(hessians) else (found, gradients)

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

    def _located(self, index: int, error: Exception) -> TorchError:
        """An error that says in which module (from 1) ``error`` arose, before what inner containers said."""
        message = getattr(error, "message", None) or wording(error)
        if _WARNING in message:
            inner = message[message.index("\n") + 1 :]
        else:
            inner = f"{_place(error)}{message}\n\n{_WARNING}"
        return TorchError(f"\nIn {index} module of {type(self).__typename__}:\n{inner}")


def root(error: Exception) -> Exception:
    """The error that an inner container already put into words, or ``error`` itself."""
    return error.__cause__ if _WARNING in str(error) and error.__cause__ else error


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


def _place(error: Exception) -> str:
    """``'file.py:12: '``, where the error was raised; nothing if its message says that already."""
    if re.match(r"\S+:\d+: ", str(error)):
        return ""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}: "
