"""``x:write(file)`` and ``x:read(file)`` of tensors, for classes that write their content themselves."""

from __future__ import annotations

import torch

from torch7py.serialization.files import File
from torch7py.serialization.reader import Reader
from torch7py.serialization.writer import Writer
from torch7py.tensor.registry import method


@method("write", steady=True)
def write(x: torch.Tensor, file: File) -> None:
    """Write sizes, strides, offset and storage, without saying that it is a tensor."""
    file._with_writer(Writer.tensor, x)


@method("read")
def read(x: torch.Tensor, file: File) -> None:
    """Become what :func:`write` wrote for a tensor of the same type."""
    content = file._with_reader(Reader.tensor, x.device.type, x.dtype)
    if content is not None:
        x.set_(content)
