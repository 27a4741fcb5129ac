"""A tensor's sizes, strides and storage: asking for them and changing them in place."""

from __future__ import annotations

import torch

from torch7py.tensor import construct, types
from torch7py.tensor.arguments import bad_argument, describe, integer, number
from torch7py.tensor.registry import function, method
from torch7py.tensor.storage import Storage, longs
from torch7py.tensor.storage import of as storage_of


@method("dim", "nDimension", steady=True)
def dim(x: torch.Tensor) -> int:
    """The number of dimensions; 0 for an empty tensor."""
    return x.dim() if x.numel() else 0


@method("size", "__len", steady=True)
def size(x: torch.Tensor, dimension: int | None = None) -> int | Storage:
    """The size of one dimension (from 1), or all sizes in a LongStorage."""
    if dimension is None or number(dimension) is None:
        return longs(x.shape if x.numel() else ())
    return x.size(dimension_index(x, dimension, "size"))


@method("stride", steady=True)
def stride(x: torch.Tensor, dimension: int | None = None) -> int | Storage:
    """How many elements lie between neighbours in one dimension (from 1), or all strides in a LongStorage."""
    if dimension is None or number(dimension) is None:
        return longs(x.stride() if x.numel() else ())
    return x.stride(dimension_index(x, dimension, "stride"))


def dimension_index(x: torch.Tensor, dimension: int, name: str) -> int:
    """A dimension counted from 0, after checking one counted from 1."""
    d = integer(dimension, 2, name)
    if not 0 < d <= dim(x):
        raise bad_argument(2, name, f"dimension {d} out of range of {dim(x)}D tensor")
    return d - 1


@method("nElement", steady=True)
def n_element(x: torch.Tensor) -> int:
    """The number of elements."""
    return x.numel()


@method("numel", steady=True)
@function("numel", steady=True)
def numel(x: torch.Tensor) -> int:
    """The number of elements."""
    if not isinstance(x, torch.Tensor):
        raise bad_argument(1, "numel", f"tensor expected, got {describe(x)}")
    return x.numel()


@method("elementSize", steady=True)
def element_size(x: torch.Tensor) -> int:
    """The size of an element in bytes."""
    return x.element_size()


@method("storage", steady=True)
def storage(x: torch.Tensor) -> Storage | None:
    """The storage that holds the elements; None if there is none."""
    return storage_of(x)


@method("storageOffset", steady=True)
def storage_offset(x: torch.Tensor) -> int:
    """The position (from 1) of the first element in the storage."""
    return x.storage_offset() + 1


@method("data", steady=True)
@function("data", steady=True)
def data(x: torch.Tensor, as_number: bool | None = None) -> int:
    """The address of the first element."""
    return x.data_ptr()


@method("cdata", steady=True)
@function("cdata", steady=True)
def cdata(x: torch.Tensor, as_number: bool | None = None) -> int:
    """The address of the C++ object that PyTorch keeps for the tensor."""
    return x._cdata


@method("isContiguous", steady=True)
def is_contiguous(x: torch.Tensor) -> bool:
    """Whether the elements lie in the storage in row-major order without gaps."""
    return x.is_contiguous()


@method("isSize", steady=True)
def is_size(x: torch.Tensor, sizes: Storage) -> bool:
    """Whether these are the tensor's sizes."""
    return construct.storage_sizes(sizes, 2, "isSize") == (list(x.shape) if x.numel() else [])


@method("isSameSizeAs", steady=True)
def is_same_size_as(x: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether a tensor of the same type has the same sizes."""
    check_same_type(x, other, 2, "isSameSizeAs")
    return x.shape == other.shape


@method("isSetTo", steady=True)
def is_set_to(x: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether both are the same view: same storage, offset, sizes and strides."""
    check_same_type(x, other, 2, "isSetTo")
    mine = x.untyped_storage()
    return (
        mine.nbytes() > 0
        and mine._cdata == other.untyped_storage()._cdata
        and x.storage_offset() == other.storage_offset()
        and x.shape == other.shape
        and x.stride() == other.stride()
    )


def check_same_type(x: torch.Tensor, other: torch.Tensor, position: int, name: str) -> None:
    if not isinstance(other, torch.Tensor) or other.dtype is not x.dtype or other.device != x.device:
        raise bad_argument(position, name, f"{types.typename(x)} expected, got {describe(other)}")


@method("set")
def set(x: torch.Tensor, *args) -> torch.Tensor:
    """Become a view of something else, without copying; returns x.

    Arguments:
        args: a tensor of the same type; or a storage of the same type, an offset (from 1), and sizes and strides in two
            LongStorages or as numbers size, stride, size, stride, ...; or sizes, which are laid out on fresh memory;
            or nothing, to be empty. A storage that is too small grows.
    """
    if len(args) == 1 and isinstance(args[0], torch.Tensor):
        if args[0].dtype is x.dtype and args[0].device == x.device:
            return x.set_(args[0])
    return construct.place(x, *construct.source(types.typename(x), args, 2, "set"))


@method("resize")
def resize(x: torch.Tensor, *args) -> torch.Tensor:
    """Change the sizes in place; returns x.

    Elements keep their places in the storage, which grows if it is too small and never shrinks; new elements are
    uninitialised. Nothing happens when the sizes are right already.

    Arguments:
        args: the sizes, as numbers or a LongStorage, which one of strides may follow; or nothing, to be empty.
    """
    sizes, strides = construct.read_sizes(args, "resize", 2)
    if strides:
        return construct.place(x, x.untyped_storage(), x.storage_offset(), sizes, strides)
    sizes, _ = construct.layout(sizes)
    return x.resize_(sizes or (0,))


@method("resizeAs")
def resize_as(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Change the sizes in place to those of a tensor of the same type; returns x."""
    check_same_type(x, other, 2, "resizeAs")
    return x.resize_(other.shape)


@method("retain", "free", steady=True)
def retain(x: torch.Tensor) -> None:
    """Nothing: memory counts its users by itself."""


@method("isTensor", steady=True)
@function("isTensor", steady=True)
def is_tensor(x) -> bool:
    """Whether this is a tensor."""
    return isinstance(x, torch.Tensor)
