"""Lighter files: which fields a module leaves out, and the decorator Serial that obeys."""

from __future__ import annotations

import torch

from torch7py.classes import TorchObject, extends, register
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nn.convolution import SpatialConvolution, SpatialConvolutionMM
from torch7py.nn.decorators import Decorator
from torch7py.nn.module import Module
from torch7py.nn.normalization import BatchNormalization, SpatialBatchNormalization
from torch7py.nn.pooling import SpatialMaxPooling
from torch7py.table import Table
from torch7py.tensor import types

_MEDIUM = ["output", "gradInput", "momGradParams", "dpnn_input"]
_NORMALIZATION = [*_MEDIUM, "buffer", "buffer2", "centered", "std", "normalized", "output", "gradInput"]
_CONVOLUTION = [*_MEDIUM, "finput", "fgradinput", "_input", "_gradOutput"]


@extends(Module)
class _Serial:
    # The fields that mediumSerial empties, those that lightSerial empties too, and those that are emptied now.
    dpnn_mediumEmpty = _MEDIUM
    dpnn_lightEmpty = ["gradWeight", "gradBias"]
    dpnn_serialEmpty = []

    def serialMode(self, empty: Table) -> Module:
        """In a file under Serial, leave out the content of the fields of these names, here and in all inside.
        Returns itself.
        """
        if not isinstance(empty, (Table, list)):
            raise TorchError("Expecting table at arg 1")
        self.dpnn_serialEmpty = empty if isinstance(empty, Table) else Table(empty)
        return _each_inside(self, lambda module: module.serialMode(self.dpnn_serialEmpty))

    def heavySerial(self) -> Module:
        """Leave out nothing. Returns itself."""
        return self.serialMode(Table())

    def mediumSerial(self) -> Module:
        """Leave out what forward and backward compute anew. Returns itself."""
        self.dpnn_serialEmpty = Table(list(self.dpnn_mediumEmpty))
        return _each_inside(self, lambda module: module.mediumSerial())

    def lightSerial(self) -> Module:
        """Leave out the same and the gradients of the parameters. Returns itself."""
        self.dpnn_serialEmpty = Table([*self.dpnn_mediumEmpty, *self.dpnn_lightEmpty])
        return _each_inside(self, lambda module: module.lightSerial())

    def getSerialState(self, states: Table | dict | None = None) -> Table:
        """The module as plain Tables, fields left out as said before; ``dpnn_typename`` is its type.

        ``states`` holds the Tables of what was met before.
        """
        states = {} if states is None else states
        if self in states:
            return states[self]
        state = Table({name: self._state(name, value, states) for name, value in self.__dict__.items()})
        state["dpnn_typename"] = type(self).__typename__
        states[self] = state
        return state

    def _state(self, name: str, value, states):
        if name in list(self.dpnn_serialEmpty):
            if isinstance(value, Table):
                return Table()
            return utils.empty_like_type(value) if isinstance(value, torch.Tensor) else value
        return _state(value, states)

    def Serial(self, tensortype: str | None = None) -> Serial:
        """This module, decorated by nn.Serial."""
        return Serial(self, tensortype)


def _state(value, states):
    if isinstance(value, Module):
        return value.getSerialState(states)
    if isinstance(value, Table):
        if value not in states:
            states[value] = Table({key: _state(item, states) for key, item in value.items()})
        return states[value]
    return value


def _each_inside(module: Module, act) -> Module:
    """``act`` on the modules in the fields of ``module``, in tables too; returns ``module``."""

    def visit(items) -> None:
        for item in list(items):
            if isinstance(item, Module):
                act(item)
            elif isinstance(item, Table):
                visit(item.values())

    visit(module.__dict__.values())
    return module


@extends(BatchNormalization)
class _BatchNormalization:
    dpnn_mediumEmpty = _NORMALIZATION
    dpnn_parameters = ["weight", "bias", "running_mean", "running_var"]


@extends(SpatialBatchNormalization)
class _SpatialBatchNormalization:
    dpnn_mediumEmpty = _NORMALIZATION


@extends(SpatialConvolutionMM)
@extends(SpatialConvolution)
class _Convolutions:
    dpnn_mediumEmpty = _CONVOLUTION


@extends(SpatialMaxPooling)
class _SpatialMaxPooling:
    dpnn_mediumEmpty = [*_MEDIUM, "indices"]


@register("nn.Serial")
class Serial(Decorator):
    """Decorates a module: files and clones hold it without the fields that ``mediumSerial`` and its kin name, and
    converted to ``tensortype`` (``'torch.FloatTensor'``, say) if one is given.
    """

    tensortype = None

    def __init__(self, module: Module, tensortype: str | None = None):
        Decorator.__init__(self, module)
        if tensortype is not None and types.lookup(tensortype) is None:
            raise TorchError("Expecting tensortype (e.g. torch.LongTensor) at arg1")
        self._set(tensortype=tensortype)

    def _t7_fields(self) -> dict:
        states = {}
        state = self.getSerialState(states)
        kinds = {id(table): type(module) for module, table in states.items() if isinstance(module, Module)}
        twin = _revived(state, kinds, {})
        if self.tensortype is not None:
            twin.type(self.tensortype)
        return twin.__dict__


def _revived(value, kinds: dict[int, type], made: dict[int, TorchObject]):
    """The objects that Tables of :meth:`getSerialState` stand for; ``kinds`` has their classes by the Tables' ids."""
    if not isinstance(value, Table):
        return value
    if id(value) in made:
        return made[id(value)]
    kind = kinds.get(id(value))
    new = made[id(value)] = Table() if kind is None else kind.__new__(kind)
    items = {key: _revived(item, kinds, made) for key, item in value.items()}
    if kind is None:
        for key, item in items.items():
            new[key] = item
    else:
        new.__dict__.update(items)
    return new
