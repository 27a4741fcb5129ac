"""Torch7 in Python: tensors, nn and optim with Torch7's names, numbers and habits, on PyTorch.

``import torch7py as torch`` reads like the Lua it stands for::

    x = torch.Tensor(2, 3).fill(1)
    y = torch.add(x, 1)
    net = torch.nn.Sequential().add(torch.nn.Linear(3, 4))

Tensors made here are handles (:class:`Tensor`) on a ``torch.Tensor``. Functions and modules take either, and give back
the kind that they were given.
"""

from __future__ import annotations

import builtins as _builtins
import sys
import types as _python_types
from importlib import import_module as _import_module

from torch7py import random
from torch7py.errors import ArgumentError, TorchError
from torch7py.identity import isStorage, isTensor, isTypeOf, pointer, type, typename
from torch7py.table import Table
from torch7py.tensor import storages as _storages
from torch7py.tensor.handle import Tensor, from_numpy, unwrap, wrap
from torch7py.tensor.handle import classes as _tensor_classes
from torch7py.tensor.handle import face as _face
from torch7py.tensor.registry import functions as _functions
from torch7py.tensor.storages import Storage
from torch7py.tensor.types import cuda_on_cpu
from torch7py.version import __version__

# torch.zeros, torch.add, ...: one function for each operation of the registry
_made = {name: _face(operation) for name, operation in _functions.items() if name not in globals()}
_made |= _tensor_classes
_made |= _storages.by_name
globals().update(_made)


class _Random(_python_types.ModuleType):
    """The module ``torch7py.random`` that is also the function: ``torch.random(1, 6)`` draws a number."""

    __call__ = staticmethod(_face(_functions["random"]))


random.__class__ = _Random

# found on first use
_PACKAGES = (
    "check",
    "cudnn",
    "cunn",
    "cutorch",
    "dpnn",
    "gnuplot",
    "graph",
    "image",
    "nn",
    "nngraph",
    "nnx",
    "optim",
    "rnn",
    "tds",
    "torchx",
)
_FILES = ("DiskFile", "MemoryFile", "PipeFile", "deserialize", "deserializeFromStorage", "load", "save")
_FILES += ("serialize", "serializeToStorage")
_HOMES = dict.fromkeys(_FILES, "serialization") | {"CmdLine": "cmdline", "Timer": "timer", "Generator": "random"}
_HOMES |= {"as_torch_module": "nn.interop", "from_torch": "convert", "to_torch": "convert"}
_HOMES |= {"keep_freed_memory": "allocator"}
_HOMES |= {"Tester": "tester", "TestSuite": "tester", "tic": "timer", "toc": "timer"}


def __getattr__(name: str):
    if name in _PACKAGES:
        return _import_module(f"torch7py.{name}")
    if name in _HOMES:
        return getattr(_import_module(f"torch7py.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'torch7py' has no attribute {name!r}")


_names = [
    "ArgumentError",
    "Storage",
    "Table",
    "Tensor",
    "TorchError",
    "__version__",
    "cuda_on_cpu",
    "from_numpy",
    "isStorage",
    "isTensor",
    "isTypeOf",
    "pointer",
    "random",
    "type",
    "typename",
    "unwrap",
    "wrap",
    *_made,
    *_PACKAGES,
    *_HOMES,
]
# `from torch7py import *` leaves Python's own sum, max, type, ... alone
__all__ = [name for name in _names if not hasattr(_builtins, name)]


def __dir__() -> list[str]:
    return sorted(_names)
