"""Tensors on the CPU whose memory a GPU copies from and to without a detour."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.tensor import construct, types

__all__ = []


def _maker(kind: str) -> Callable[..., torch.Tensor]:
    def create(*sizes) -> torch.Tensor:
        tensor = construct.new(f"torch.{kind}Tensor", *sizes)
        return tensor if types.cuda_is_cpu() else tensor.pin_memory()

    create.__name__ = create.__qualname__ = f"createCudaHost{kind}Tensor"
    create.__doc__ = f"A {kind}Tensor in pinned memory; ``sizes`` are numbers or a LongStorage."
    return create


for _kind in ("Byte", "Int", "Long", "Half", "Float", "Double"):
    _create = _maker(_kind)
    globals()[_create.__name__] = _create
    __all__.append(_create.__name__)

createCudaHostTensor = globals()["createCudaHostFloatTensor"]
__all__.append("createCudaHostTensor")
