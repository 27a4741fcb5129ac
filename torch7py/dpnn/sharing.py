"""Clones that share parameters, and ``getParameters`` for networks that hold such clones out of sight."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from torch7py.classes import TorchObject, extends
from torch7py.nn._clone import clone
from torch7py.nn.module import Module
from torch7py.table import Table
from torch7py.torchx import MultiCudaTensor

Tensor = torch.Tensor


@extends(Module)
class _Sharing:
    # Torch7's names of the fields that clones share; a class that has more says so here.
    dpnn_parameters = ["weight", "bias"]
    dpnn_gradParameters = ["gradWeight", "gradBias"]
    # Whether clones for single steps of time hold this very module instead of a clone.
    dpnn_stepclone = False
    # A method that takes the place of sharedClone where the module is inside another.
    dpnn_sharedClone = None

    def sharedClone(
        self, shareParams: bool | None = None, shareGradParams: bool | None = None, stepClone: bool | None = None
    ) -> Module:
        """A deep copy in which parameters and gradients have the same memory as here; both unless given as false.

        With ``stepClone`` recurrent modules inside are not cloned: the copy holds the same ones.
        """
        if stepClone and self.dpnn_stepclone:
            return self
        shared = _Shared(self, shareParams is not False, shareGradParams is not False, bool(stepClone))
        return clone(self, copies=shared.copies())

    def _gathered(self) -> tuple:
        # clones that recurrent modules keep for each step must go on sharing: they are gathered as well
        gathered = [[], []]
        for module in (self, *_hidden(self, {id(self)})):
            found = module.parameters()
            for place, table in enumerate(found if isinstance(found, tuple) else (found,)):
                if place == len(gathered):
                    gathered.append([])
                gathered[place] += table or ()
        return tuple(gathered)


class _Shared:
    """What a clone of ``root`` does not copy."""

    def __init__(self, root: Module, parameters: bool, gradients: bool, steps: bool):
        self.root, self.parameters, self.gradients, self.steps = root, parameters, gradients, steps
        self.seen: set[int] = set()
        self.made: dict[int, TorchObject] = {}  # copies of what is not to be cloned as all else, by id
        self.storages: set[int] = set()  # of the shared parameters
        self.tensors: list[Tensor] = []  # all that are fields of modules
        self._visit(root)

    def copies(self) -> dict:
        """By the originals' ids: new tensors on the same memory, and the modules that stay as they are."""
        shared = [tensor for tensor in self.tensors if _storage(tensor) in self.storages]
        return self.made | {id(tensor): tensor.new_empty(0).set_(tensor) for tensor in shared}

    def _visit(self, value) -> None:
        if not isinstance(value, (Table, TorchObject)) or id(value) in self.seen:
            return
        self.seen.add(id(value))
        if isinstance(value, Module) and self._note(value):
            return
        for item in list(value.values() if isinstance(value, Table) else value.__dict__.values()):
            self._visit(item)

    def _note(self, module: Module) -> bool:
        """Take down a module's tensors; whether it is not to be cloned at all."""
        if module is not self.root:
            if self.steps and module.dpnn_stepclone:
                self.made[id(module)] = module
                return True
            if module.dpnn_sharedClone:
                self.made[id(module)] = module.dpnn_sharedClone()
                return True
        fields = module.__dict__
        names = [*(module.dpnn_parameters if self.parameters else ())]
        names += module.dpnn_gradParameters if self.gradients else ()
        for name in names:
            value = fields.get(name)
            if isinstance(value, Tensor):
                self.storages.add(_storage(value))
            elif isinstance(value, MultiCudaTensor):
                self.made[id(value)] = value
        self.tensors += [field for field in fields.values() if isinstance(field, Tensor)]
        return False


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _hidden(value: Module | Table, seen: set[int]) -> Iterator[Module]:
    """All modules in the fields of a module, in tables too, each once."""
    for item in list(value.values() if isinstance(value, Table) else value.__dict__.values()):
        if isinstance(item, (Module, Table)) and id(item) not in seen:
            seen.add(id(item))
            if isinstance(item, Module):
                yield item
            yield from _hidden(item, seen)
