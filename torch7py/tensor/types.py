"""Torch7's tensor types: names, element types, and the default type.

A type name is ``'torch.DoubleTensor'``; on a GPU ``'torch.CudaTensor'`` holds floats and ``'torch.CudaDoubleTensor'``,
``'torch.CudaLongTensor'``, ... the rest. Where the CPU stands in for a GPU (:func:`cuda_on_cpu`), these are further
names of ``'torch.FloatTensor'`` and so on.
"""

from __future__ import annotations

import os
import threading
from functools import cache

import torch

from torch7py.errors import TorchError

DTYPES = {
    "Byte": torch.uint8,
    "Char": torch.int8,
    "Short": torch.int16,
    "Int": torch.int32,
    "Long": torch.int64,
    "Half": torch.float16,
    "Float": torch.float32,
    "Double": torch.float64,
}
_KINDS = {dtype: kind for kind, dtype in DTYPES.items()}
INTEGER_DTYPES = frozenset(dtype for dtype in DTYPES.values() if not dtype.is_floating_point)

_NAMES = {("cpu", dtype): f"torch.{kind}Tensor" for kind, dtype in DTYPES.items()}
_NAMES |= {("cuda", dtype): f"torch.Cuda{'' if kind == 'Float' else kind}Tensor" for kind, dtype in DTYPES.items()}
_BY_NAME = {name: key for key, name in _NAMES.items()}

_CPU_NAMES = {dtype: name for (device, dtype), name in _NAMES.items() if device == "cpu"}


def typename(obj) -> str | None:
    """What Torch7 calls the type of ``obj``; None for what is no object of Torch7.

    ``'torch.DoubleTensor'`` for a tensor, ``'torch.LongStorage'`` for a storage, ``'nn.Linear'`` for an instance of a
    registered class.
    """
    if isinstance(obj, torch.Tensor):
        if obj.is_cpu and obj.dtype in _CPU_NAMES:
            return _CPU_NAMES[obj.dtype]
        name = _NAMES.get((obj.device.type, obj.dtype))
        if name is None:
            raise TorchError(f"Torch7 has no tensor type for {obj.dtype} on {obj.device.type}")
        return name
    return None if isinstance(obj, type) else getattr(obj, "__typename__", None)


@cache
def storage_name(device: str, dtype: torch.dtype) -> str:
    """``'torch.DoubleStorage'`` and so on: what Torch7 calls a storage of this element type and device."""
    return _NAMES[device, dtype].replace("Tensor", "Storage")


def kind(dtype: torch.dtype) -> str:
    """``'Double'`` for ``torch.float64``, and so on."""
    return _KINDS[dtype]


def lookup(name: str) -> tuple[str, torch.dtype] | None:
    """Device ('cpu' or 'cuda') and element type for a full tensor type name; None if there is no such type."""
    return _BY_NAME.get(name)


def here(name: str | None) -> str | None:
    """The name of the type that tensors of such a type become here, where there may be no GPU; None for other names."""
    device, dtype = lookup(name) or (None, None)
    return _NAMES.get(("cuda" if device == "cuda" and _has_gpu() else "cpu", dtype))


@cache
def _has_gpu() -> bool:
    return torch.cuda.is_available()


def need_gpu(what: str) -> None:
    """An error that says what to do unless CUDA tensors can be made, on a GPU or on the CPU that stands in for one."""
    if not _cpu_stands_in and not _has_gpu():
        raise TorchError(
            f"{what}: no CUDA driver or no CUDA-capable device is here. To run on the CPU what was written for a GPU: "
            "th --cuda=cpu script.lua, in Python torch7py.cuda_on_cpu(), or TORCH7PY_CUDA=cpu in the environment."
        )


_cpu_stands_in = False


def cuda_on_cpu() -> None:
    """Let the CPU stand in for a GPU, from now on and in the whole process: ``'torch.CudaTensor'`` is another name of
    ``'torch.FloatTensor'``, ``x:cuda()`` is ``x:float()``, and so for all CUDA types."""
    global _cpu_stands_in
    _cpu_stands_in = True
    _BY_NAME.update({name: ("cpu", dtype) for (device, dtype), name in _NAMES.items() if device == "cuda"})


def cuda_is_cpu() -> bool:
    """Whether the CPU stands in for a GPU."""
    return _cpu_stands_in


if os.environ.get("TORCH7PY_CUDA") == "cpu":
    cuda_on_cpu()


def names() -> list[str]:
    """All tensor type names."""
    return list(_BY_NAME)


class _Default(threading.local):
    """The default type is a property of the running thread, as it was of a Lua state."""

    name = "torch.DoubleTensor"
    device = "cpu"
    dtype = torch.float64


default = _Default()
