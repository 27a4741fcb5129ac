"""``nn.utils``: what modules do with nested tables of tensors.

Everywhere here a *nest* is a tensor or a :class:`~torch7py.table.Table` of nests.
"""

from __future__ import annotations

import torch

from ..classes import TorchObject
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from ..tensor.arguments import describe

__all__ = [
    "addSingletonDimension",
    "clear",
    "contiguousView",
    "recursiveAdd",
    "recursiveCopy",
    "recursiveFill",
    "recursiveResizeAs",
    "recursiveType",
]

Tensor = torch.Tensor


def empty_like_type(tensor: Tensor) -> Tensor:
    """A new empty tensor of the same type: Torch7's ``tensor.new()``."""
    return torch.empty(0, dtype=tensor.dtype, device=tensor.device)


def default_tensor(*sizes: int) -> Tensor:
    """A new uninitialised tensor of the default type: Torch7's ``torch.Tensor(...)``."""
    default = types.default
    return torch.empty([int(size) for size in sizes] or 0, dtype=default.dtype, device=default.device)


def tensor_type(nest) -> str | None:
    """The type name of the first tensor in a nest."""
    if isinstance(nest, Table):
        return next((found for found in map(tensor_type, nest.values()) if found), None)
    return types.typename(nest) if isinstance(nest, Tensor) else None


def recursiveType(param, type: str, tensorCache=None):  # noqa: A002 - Torch7's own name
    """Convert every tensor, module and criterion in ``param`` to the tensor type of that name.

    Tables, modules and criterions are changed in place; a tensor of another type is replaced by a new one.
    ``tensorCache`` (a dict or a Table) remembers what was converted, so that tensors on one storage share one
    storage afterwards too; hand the same cache to several calls to keep sharing between them.
    """
    return converter(type, tensorCache)(param)


def converter(name: str, cache=None):
    """The conversion that :func:`recursiveType` does, as a function of what to convert."""
    if cache is None:
        cache = {}
    elif isinstance(cache, Table):  # a table made by a program: the memory lives inside it
        if cache["converted"] is None:
            cache["converted"] = {}
        cache = cache["converted"]
    return _Converter(name, cache).convert


class _Converter:
    """Conversion to one tensor type, with its memory of storages and tensors."""

    def __init__(self, name: str, seen: dict):
        target = types.lookup(name)
        if target is None:
            raise TorchError(f"unknown tensor type: {name}")
        self.name, self.seen = types.here(name), seen
        self.device, self.dtype = target
        if self.device == "cuda":
            types.need_gpu(name)

    def convert(self, value):
        if isinstance(value, Tensor):
            return value if types.typename(value) == self.name else self._tensor(value)
        if isinstance(value, Table):
            for key, item in list(value.items()):
                converted = self.convert(item)
                if converted is not item:
                    value[key] = converted
        elif isinstance(value, TorchObject) and hasattr(value, "updateGradInput"):
            value.type(self.name, self.seen)
        return value

    def _tensor(self, tensor: Tensor) -> Tensor:
        known = self.seen.get(id(tensor))
        if known is None:
            new = torch.empty(0, dtype=self.dtype, device=self.device)
            if tensor.numel() > 0:
                storage = self._storage(tensor)
                new.set_(storage, tensor.storage_offset(), tensor.shape, tensor.stride())
            # the old tensor is kept as well: its id must not be used again while the cache lives
            known = self.seen[id(tensor)] = (new, tensor)
        return known[0]

    def _storage(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        known = self.seen.get(storage._cdata)
        if known is None:
            whole = empty_like_type(tensor).set_(storage, 0, (storage.nbytes() // tensor.element_size(),))
            known = self.seen[storage._cdata] = (whole.to(self.device, self.dtype), storage)
        return known[0]


def recursiveResizeAs(t1, t2):
    """Give ``t1`` the structure and sizes of the nest ``t2``, reusing what fits. Returns ``t1`` and ``t2``."""
    if isinstance(t2, Table):
        t1 = _table(t1)
        for key, item in list(t2.items()):
            t1[key] = recursiveResizeAs(t1[key], item)[0]
        for key in list(t1.keys()):
            if t2[key] is None:
                t1[key] = None
    elif isinstance(t2, Tensor):
        t1 = t1 if isinstance(t1, Tensor) else empty_like_type(t2)
        t1.resize_(t2.shape)
    else:
        raise _unexpected(t1, t2)
    return t1, t2


def recursiveFill(t2, val):
    """Fill every tensor of the nest ``t2`` with ``val``; returns ``t2``."""
    if isinstance(t2, Table):
        for item in list(t2.values()):
            recursiveFill(item, val)
    elif isinstance(t2, Tensor):
        t2.fill_(val)
    else:
        raise TorchError(f"expecting tensor or table thereof. Got {describe(t2)} instead")
    return t2


def recursiveAdd(t1, val, t2=None):
    """``t1 += val * t2`` for nests of one structure; ``recursiveAdd(t1, t2)`` adds ``t2``. Returns both nests."""
    if t2 is None:
        val, t2 = 1, val
    if isinstance(t2, Table):
        t1 = _table(t1)
        for key, item in list(t2.items()):
            t1[key] = recursiveAdd(t1[key], val, item)[0]
    elif isinstance(t1, Tensor) and isinstance(t2, Tensor):
        t1.add_(t2.reshape(t1.shape), alpha=val)
    else:
        raise _unexpected(t1, t2)
    return t1, t2


def recursiveCopy(t1, t2, async_=None):
    """Copy the nest ``t2`` into ``t1``, which is made or resized where it must be. Returns both nests."""
    if isinstance(t2, Table):
        t1 = _table(t1)
        for key, item in list(t2.items()):
            t1[key] = recursiveCopy(t1[key], item, async_)[0]
    elif isinstance(t2, Tensor):
        t1 = t1 if isinstance(t1, Tensor) else empty_like_type(t2)
        t1.resize_(t2.shape).copy_(t2, non_blocking=bool(async_))
    else:
        raise _unexpected(t1, t2)
    return t1, t2


def addSingletonDimension(*args):
    """A view of a tensor with a dimension of size 1 put in: ``addSingletonDimension([view,] tensor [, dim=1])``.

    ``view`` is the tensor object that becomes the view; ``dim`` counts from 1 to the tensor's dimensions + 1.
    """
    if len(args) == 3:
        view, tensor, dim = args
    else:
        view, tensor, dim = None, args[0], args[1] if len(args) > 1 else None
    for name, value in (("output", view), ("input", tensor)):
        if not isinstance(value, Tensor) and not (name == "output" and len(args) < 3):
            raise TorchError(f"{name} tensor expected, got {describe(value)}")
    dim = 1 if dim is None else dim
    if not 0 < dim <= tensor.dim() + 1:
        raise TorchError(f"invalid dimension: {dim}. Tensor is of {tensor.dim()} dimensions.")
    if view is None:
        view = empty_like_type(tensor)
    return view.set_(tensor.unsqueeze(dim - 1))


def contiguousView(output: Tensor | None, input: Tensor, *sizes) -> Tensor:
    """Make ``output`` a view of ``input`` with these sizes; of a copy of it where ``input`` is not contiguous."""
    if output is None:
        output = empty_like_type(input)
    if len(sizes) == 1 and not isinstance(sizes[0], (int, float)):
        sizes = tuple(sizes[0])
    return output.set_(input.contiguous().view([int(size) for size in sizes]))


def clear(self, *fields):
    """Empty the named fields of an object or table: tensors are detached from their memory, tables replaced by empty
    ones, anything else removed. ``clear(self, 'a', 'b')`` or ``clear(self, {'a', 'b'})``. Returns ``self``.
    """
    if fields and isinstance(fields[0], Table):
        fields = fields[0].list()
    content = self if isinstance(self, Table) else self.__dict__
    for name in fields:
        value = content.get(name)
        if isinstance(value, Tensor):
            value.set_()
        elif isinstance(value, Table):
            content[name] = Table()
        elif value is not None and value is not False:
            del content[name]
    return self


def _table(value) -> Table:
    """``value`` if it is a table, else a table that holds just it."""
    if isinstance(value, Table):
        return value
    return Table() if value is None else Table([value])


def _unexpected(t1, t2) -> TorchError:
    return TorchError(f"expecting nested tensors or tables. Got {describe(t1)} and {describe(t2)} instead")
