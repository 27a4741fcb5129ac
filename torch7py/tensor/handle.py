"""``torch7py.Tensor``: a thin handle on a ``torch.Tensor``, for code ported line by line.

A handle has Torch7's methods, operators, indexing and printing. Its ``.tensor`` is the tensor itself, not a copy.
Functions and modules give back the kind that they were given; :func:`wrap` and :func:`unwrap` go from one to the other.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator

import numpy
import torch

from torch7py.errors import TorchError
from torch7py.pickling import pack
from torch7py.table import Store, Table
from torch7py.tensor import construct, indexing, overlapping, printing, types
from torch7py.tensor.arguments import describe
from torch7py.tensor.registry import methods


class Tensor:
    """Torch7's tensor. ``Tensor(...)`` has the default type, ``FloatTensor(...)`` and its kin have theirs.

    Arguments:
        args: one of
            nothing: an empty tensor;
            sizes, as numbers or a LongStorage, which strides in a LongStorage may follow: uninitialised elements;
            a tensor (a handle) of the same type: another tensor on the same elements;
            a storage of the same type: all of it; with an offset (from 1), sizes and strides: that part of it;
            a list or Table of numbers, or of lists and so on, or a numpy array: these values;
            a ``torch.Tensor``: a handle on just that; for ``Tensor`` it may have any type.

    ``x[1]`` is the first row (of a vector: the first number), ``x[1, 2]`` is Lua's ``x[{1, 2}]``, and lists in the key
    are ranges: ``x[[], [2, 3]]`` is ``x[{{}, {2, 3}}]``; ``:`` stands for ``[]``. A mask or a LongStorage may be the
    key as well. ``len(x)`` is the size of the first dimension, over which iteration runs. ``==`` asks whether both are
    the same tensor; :meth:`eq` compares elements. ``x * y`` is Torch7's product: of vectors the dot product, of
    matrices the matrix product.
    """

    __slots__ = ("tensor", "__weakref__")
    _type: str | None = None  # the full type name; None for the default type

    def __new__(cls, *args):
        name = cls._type or types.default.name
        first = args[0] if len(args) == 1 else None
        if isinstance(first, torch.Tensor):
            if cls._type is not None and types.typename(first) != types.here(cls._type):
                raise construct.wrong_source(name, 1, cls.__name__)
            return wrap(first)
        if isinstance(first, numpy.ndarray):
            device, dtype = types.lookup(name)
            values = torch.tensor(first, dtype=dtype, device=device)
            return wrap(values.reshape(1) if values.dim() == 0 else values if values.numel() else values.new_empty(0))
        return wrap(construct.new(name, *map(unwrap, args)))

    @property
    def __typename__(self) -> str:
        return types.typename(self.tensor)

    def new(self, *args) -> Tensor:
        """Another tensor of this type, made from ``args`` as the constructor does."""
        return wrap(construct.like(self.tensor, *map(unwrap, args)))

    def numpy(self) -> numpy.ndarray:
        """The elements as a numpy array on the same memory (of a tensor on a GPU: a copy)."""
        return self.tensor.cpu().numpy()

    def __array__(self, dtype=None, copy=None) -> numpy.ndarray:
        array = self.numpy()
        return numpy.array(array, dtype=dtype) if copy or dtype is not None and array.dtype != dtype else array

    def __dlpack__(self, **options):
        """The elements for other libraries, where they are: ``torch.from_dlpack(x)``, ``numpy.from_dlpack(x)``."""
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple:
        return self.tensor.__dlpack_device__()

    def __getitem__(self, key):
        key = _known(key)
        found = indexing.get(self.tensor, key)
        if found is None:  # what Lua finds there
            raise TorchError(f"the class {self.__typename__} cannot be indexed with {describe(key)}")
        return wrap(found)

    def __setitem__(self, key, value) -> None:
        indexing.set(self.tensor, _known(key), unwrap(_tensor(value)))

    def __len__(self) -> int:
        return len(self.tensor)

    def __bool__(self) -> bool:
        return True  # as in Lua, where every tensor is true

    def __iter__(self) -> Iterator:
        return (self[i] for i in range(1, len(self) + 1))

    def __eq__(self, other) -> bool:
        return isinstance(other, Tensor) and self.tensor is other.tensor

    def __hash__(self) -> int:
        return hash(self.tensor)

    def __str__(self) -> str:
        return printing.tostring(self.tensor)

    __repr__ = __str__

    def __copy__(self) -> Tensor:
        return wrap(self.tensor)

    def __reduce__(self):
        return wrap, (pack(self.tensor),)


def from_numpy(array: numpy.ndarray) -> Tensor:
    """A handle on the elements of a numpy array, where they are; its type is the array's."""
    return wrap(torch.from_numpy(array))


def _known(key):
    """A key as Torch7's indexing knows it."""
    if isinstance(key, slice) or isinstance(key, tuple) and any(isinstance(part, slice) for part in key):
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, slice) and part != slice(None) for part in parts):
            raise TorchError("ranges are not written as slices: x[[2, 3],] is the range from 2 to 3")
        return tuple([] if isinstance(part, slice) else part for part in parts)
    key = _tensor(unwrap(key))
    return key.to(torch.uint8) if isinstance(key, torch.Tensor) and key.dtype is torch.bool else key


def _tensor(value):
    """A numpy array as a tensor on its elements; anything else as it is."""
    return torch.from_numpy(value) if isinstance(value, numpy.ndarray) and value.ndim else value


def wrap(value):
    """Handles in place of tensors: of a tensor, in Tables, lists and tuples; all else as it is."""
    if isinstance(value, torch.Tensor):
        handle = object.__new__(_CLASSES[types.typename(value)])
        handle.tensor = value.detach() if value.requires_grad else value
        return handle
    return _map(value, wrap)


def unwrap(value):
    """Tensors in place of handles, the reverse of :func:`wrap`."""
    if isinstance(value, Tensor):
        return value.tensor
    return _map(value, unwrap)


def _map(value, change: Callable, twins: dict[int, Table] | None = None):
    """A Table, list or tuple with its values changed; the same object if none does change.

    ``twins`` are the changed Tables by the ``id`` of the old ones: a Table may hold itself.
    """
    kind = type(value)
    if not (kind is list or kind is tuple or isinstance(value, Table)):
        return value
    twins = {} if twins is None else twins

    def changed(item):
        return _map(item, change, twins) if isinstance(item, (Table, list, tuple)) else change(item)

    if not isinstance(value, Table):
        items = kind(map(changed, value))
        return value if all(new is old for new, old in zip(items, value)) else items
    if change is unwrap and not isinstance(value._store, Store):
        return value  # what lives in Lua is no handle
    if id(value) in twins:
        return twins[id(value)]
    twin = twins[id(value)] = Table()
    pairs = [(key, changed(old), old) for key, old in value.items()]
    if all(new is old for _, new, old in pairs):
        twins[id(value)] = value
        return value
    for key, new, _ in pairs:
        twin[key] = new
    return twin


def through(operation: Callable, *args):
    """Call ``operation`` with tensors in place of handles. Handles among the arguments (also inside Tables and lists)
    make handles of the tensors in its results.
    """
    opened = [unwrap(arg) for arg in args]
    result = operation(*opened)
    return wrap(result) if any(new is not old for new, old in zip(opened, args)) else result


def face(operation: Callable) -> Callable:
    """A function for ported code: handles in, handles out; a ``torch.Tensor`` in, a ``torch.Tensor`` out.

    Without any tensor among the arguments (``zeros(3)``) the result is a handle.
    """

    @functools.wraps(operation)
    def call(*args):
        if _holds_tensor(args):
            return through(operation, *args)
        return wrap(operation(*map(unwrap, args)))

    return call


def _holds_tensor(values) -> bool:
    return any(
        isinstance(value, torch.Tensor) or isinstance(value, (Table, list, tuple)) and _holds_tensor(value)
        for value in values
    )


def _method(name: str, operation: Callable) -> Callable:
    """An operation of the registry as a method of the handle."""

    @functools.wraps(operation)
    def call(self, *args):
        tensor = self.tensor
        try:
            result = operation(tensor, *[unwrap(arg) for arg in args])
        except RuntimeError as error:
            if not overlapping.declined(operation, error):
                raise
            result = overlapping.in_layers(operation)(tensor, *[unwrap(arg) for arg in args])
        return self if result is tensor else wrap(result)

    signature = inspect.signature(operation)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        del parameters[0]
    positional = [
        parameter.replace(kind=inspect.Parameter.POSITIONAL_ONLY)
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        else parameter
        for parameter in parameters
    ]
    call.__signature__ = signature.replace(parameters=[own, *positional])
    call.__name__ = name
    call.__qualname__ = f"Tensor.{name}"
    return call


def _reversed(name: str) -> Callable:
    operation = methods[name]

    def call(self, other):
        return wrap(operation(unwrap(other), self.tensor))

    return call


# Lua's operators, and Python's names for them
_OPERATORS = {
    "__add": "add",
    "__sub": "sub",
    "__mul": "mul",
    "__div": "truediv",
    "__mod": "mod",
    "__pow": "pow",
    "__unm": "neg",
}


def _equip() -> None:
    """Give the handle the methods and operators of the registry."""
    for name, operation in methods.items():
        if not name.startswith("__"):
            setattr(Tensor, name, _method(name, operation))
    for name, python_name in _OPERATORS.items():
        setattr(Tensor, f"__{python_name}__", _method(f"__{python_name}__", methods[name]))
        if python_name != "neg":
            setattr(Tensor, f"__r{python_name}__", _reversed(name))


_equip()
_CLASSES = {
    name: type(
        name.removeprefix("torch."),
        (Tensor,),
        {
            "__slots__": (),
            "_type": name,
            "__module__": "torch7py",
            "__doc__": f"A tensor of type ``{name}``, made as :class:`Tensor` is.",
        },
    )
    for name in types.names()
}
classes = {cls.__name__: cls for cls in _CLASSES.values()}
"""The class of each tensor type: ``classes['FloatTensor']``."""
