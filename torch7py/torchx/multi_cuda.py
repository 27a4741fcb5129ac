"""A tensor in parts on several GPUs."""

from __future__ import annotations

import math

import torch

from torch7py import random
from torch7py.classes import TorchObject, register
from torch7py.errors import TorchError
from torch7py.nn._check import sizes
from torch7py.table import Table
from torch7py.tensor.arguments import describe
from torch7py.tensor.copying import get_device
from torch7py.tensor.registry import methods
from torch7py.tensor.storage import Storage, longs

Tensor = torch.Tensor


@register("torch.MultiCudaTensor")
class MultiCudaTensor(TorchObject):
    """What ``tensors``, each on a GPU of its own, would be if joined along dimension ``catdim`` (from 1).

    It has what dpnn's NCEModule needs of a weight, and training of a parameter, by Torch7's names and, where Python
    asks for them, by PyTorch's. Tensors that come in or go out may be on any device.
    """

    __noGPU__ = True  # nn.GPU leaves it where it is

    def __init__(self, catdim: int | None = None, tensors: Table | None = None):
        self.catdim = -1 if catdim is None else catdim
        self.tensors = Table() if tensors is None else Table(tensors)

    def size(self, dim: int | None = None) -> int | Storage:
        """The size of one dimension, or all sizes in a LongStorage."""
        size = longs(self.shape)
        return size if dim is None else size[dim]

    @property
    def shape(self) -> torch.Size:
        sizes = list(self.tensors[1].shape)
        sizes[self.catdim - 1] = sum(tensor.shape[self.catdim - 1] for tensor in self.tensors)
        return torch.Size(sizes)

    def dim(self) -> int:
        return self.tensors[1].dim()

    # --- each part by itself

    def zero(self) -> MultiCudaTensor:
        for tensor in self.tensors:
            tensor.zero_()
        return self

    def mul(self, value: float) -> MultiCudaTensor:
        for tensor in self.tensors:
            tensor.mul_(value)
        return self

    def uniform(self, lower: float = 0, upper: float = 1) -> MultiCudaTensor:
        for tensor in self.tensors:
            random.default().fill_uniform(tensor, lower, upper)
        return self

    def add(self, *args) -> MultiCudaTensor:
        """``add([value,] src)``: add ``value`` (1) times another one of the same parts."""
        *value, src = args
        for tensor, other in zip(self.tensors, self._parts_of(src), strict=True):
            tensor.add_(other, alpha=value[0] if value else 1)
        return self

    def copy(self, src: MultiCudaTensor) -> MultiCudaTensor:
        for tensor, other in zip(self.tensors, self._parts_of(src), strict=True):
            tensor.copy_(other)
        return self

    zero_, mul_, copy_ = zero, mul, copy

    def add_(self, src: MultiCudaTensor, *, alpha: float = 1) -> MultiCudaTensor:
        return self.add(alpha, src)

    def resizeAs(self, src: MultiCudaTensor) -> MultiCudaTensor:
        """Take the sizes and the division of another one; missing parts are made where that has them."""
        self.catdim = src.catdim
        for place, other in enumerate(self._parts_of(src), 1):
            if self.tensors[place] is None:
                self.tensors[place] = other.new_empty(0)
            self.tensors[place].resize_(other.shape)
        return self

    def clone(self) -> MultiCudaTensor:
        return MultiCudaTensor(self.catdim, Table([tensor.clone() for tensor in self.tensors]))

    def norm(self) -> float:
        """The Euclidean norm."""
        return math.sqrt(sum(methods["norm"](tensor) ** 2 for tensor in self.tensors))

    def t(self) -> MultiCudaTensor:
        """A view of this matrix with its two dimensions exchanged."""
        if self.dim() != 2:
            raise TorchError(f"MultiCudaTensor: t expects a matrix, this has {self.dim()} dimensions")
        return self.transpose(1, 2)

    def transpose(self, dim1: int, dim2: int) -> MultiCudaTensor:
        """A view with two dimensions exchanged."""
        exchanged = {dim1: dim2, dim2: dim1}
        parts = [tensor.transpose(dim1 - 1, dim2 - 1) for tensor in self.tensors]
        return MultiCudaTensor(exchanged.get(self.catdim, self.catdim), Table(parts))

    # --- with other tensors

    @staticmethod
    def index(res: Tensor, src: MultiCudaTensor, dim: int, indices: Tensor) -> Tensor:
        """Make ``res`` the rows ``indices`` (from 1) of ``src``; ``dim`` is 1. Returns it."""
        src._need_rows(dim)
        rows = indices.long() - 1
        parts = [tensor[rows.to(tensor.device)].to(res.device) for tensor in src.tensors]
        return torch.cat(parts, src.catdim - 1, out=res)

    def indexAdd(self, dim: int, indices: Tensor, src: Tensor) -> MultiCudaTensor:
        """Add the rows of ``src`` to the rows ``indices`` (from 1); ``dim`` is 1. Returns itself."""
        self._need_rows(dim)
        rows, along = indices.long() - 1, self.catdim - 1
        parts = src.split([tensor.shape[along] for tensor in self.tensors], along)
        for tensor, part in zip(self.tensors, parts, strict=True):
            tensor.index_add_(0, rows.to(tensor.device), part.to(tensor.device))
        return self

    @staticmethod
    def addmm(res: Tensor, v1: float, M: Tensor, v2: float, mat1: Tensor, mat2: MultiCudaTensor) -> Tensor:
        """``res = v1 * M + v2 * mat1 * mat2``, where ``M`` is ``res``, and ``mat2`` is divided along its rows."""
        if M is not res or mat2.catdim != 1:
            raise TorchError(
                "MultiCudaTensor: addmm adds to its result, and its last factor must be divided along dim 1"
            )
        parts = mat1.split([tensor.shape[0] for tensor in mat2.tensors], 1)
        res.mul_(v1)
        for part, tensor in zip(parts, mat2.tensors, strict=True):
            res.add_(part.to(tensor.device).mm(tensor).to(res.device), alpha=v2)
        return res

    def _need_rows(self, dim: int) -> None:
        if dim != 1 or self.catdim == 1:
            raise TorchError("MultiCudaTensor: rows (dim 1) of one divided along another dimension only")

    @staticmethod
    def _parts_of(src) -> Table:
        if not isinstance(src, MultiCudaTensor):
            raise TorchError(f"torch.MultiCudaTensor expected, got {describe(src)}")
        return src.tensors

    # --- files

    def write(self, file) -> None:
        """Write the fields but the tensors, the number of these, and each one's GPU and itself."""
        file.writeObject(Table(catdim=self.catdim))
        file.writeObject(len(self.tensors))
        for tensor in self.tensors:
            file.writeObject(get_device(tensor))
            file.writeObject(tensor)

    def read(self, file, version: int | None = None) -> None:
        """Take over what :meth:`write` wrote; the tensor of a GPU that is not here comes to the one in use."""
        self.catdim, self.tensors = file.readObject()["catdim"], Table()
        for _ in range(file.readObject()):
            device, tensor = file.readObject(), file.readObject()
            self.tensors.append(tensor.cuda(device - 1) if 0 < device <= torch.cuda.device_count() else tensor)

    def __tostring__(self) -> str:
        parts = ", ".join(f"{sizes(tensor)} on GPU {get_device(tensor)}" for tensor in self.tensors)
        return f"{type(self).__typename__}: {parts}"
