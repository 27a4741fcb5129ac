"""What Lua asks about Python's objects and classes: kinds, fields, members, layouts of tensors."""

from __future__ import annotations

import types as python_types
from collections.abc import Callable, Iterator
from weakref import WeakValueDictionary

import torch

from lua_bridge.overrides import Override
from lua_bridge.values import LuaFunction, ObjectMethod
from torch7py.classes import TorchObject
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import construct, indexing, types
from torch7py.tensor.registry import methods
from torch7py.tensor.storage import METHODS, Storage

# Lua's names of members whose Python names differ, or begin with an underscore and are seen all the same.
PYTHON_NAMES = {"__init": "__init__", "__len": "__len__", "_assert_sub": "_assert_sub"}
LUA_NAMES = {python: lua for lua, python in PYTHON_NAMES.items()}
METAMETHODS = frozenset(
    f"__{name}__" for name in "add sub mul div mod pow unm concat lt le len call tostring index newindex".split()
)
# Torch7's own methods that begin with an underscore: those that a new kind of recurrent module overrides.
HOOKS = frozenset({"_accGradParameters", "_updateGradInput"})
# Methods that only storages of these types have.
STORAGE_EXTRAS = {"string": ("torch.ByteStorage", "torch.CharStorage")}
TENSOR, STORAGE = "torch.Tensor", "torch.Storage"


def describe(value) -> tuple[str, str | None, bool]:
    """How Lua should treat an object: 'tensor', 'table', 'userdata' or 'opaque'; its type name; whether it has methods
    of its own, which Lua assigned to it or to one that it was copied from."""
    if isinstance(value, torch.Tensor):
        return "tensor", types.typename(value), False
    typename = getattr(value, "__typename__", None)
    if typename is None:
        return "opaque", None, False
    if isinstance(value, TorchObject):
        return "table", typename, any(type(field) is ObjectMethod for field in value.__dict__.values())
    return "userdata", typename, False


# Tensors ------------------------------------------------------------------------------------------------------------


def layout(tensor: torch.Tensor) -> tuple:
    """Address, number of dimensions, then size and stride of the first four.

    Raises:
        TorchError: the tensor's storage was shrunk below it.
    """
    if not tensor.numel():
        return 0, 0
    shape, strides = tensor.shape, tensor.stride()
    dim = len(shape)
    if dim == 1:
        (n1,), (s1,) = shape, strides
        last, flat = (n1 - 1) * s1, (n1, s1)
    elif dim == 2:
        (n1, n2), (s1, s2) = shape, strides
        last, flat = (n1 - 1) * s1 + (n2 - 1) * s2, (n1, s1, n2, s2)
    else:
        last = sum([(size - 1) * stride for size, stride in zip(shape, strides)])
        flat = [number for pair in zip(shape[:4], strides) for number in pair]
    if (tensor.storage_offset() + last + 1) * tensor.itemsize > tensor.untyped_storage().nbytes():
        raise TorchError("the storage of this tensor has become too small for it")
    return tensor.data_ptr(), dim, *flat


def extent(value: torch.Tensor | Storage) -> tuple[int, int]:
    """Address and number of elements of a storage, or of that under a tensor."""
    if isinstance(value, Storage):
        return value.data_ptr(), len(value)
    storage = value.untyped_storage()
    return storage.data_ptr(), storage.nbytes() // value.element_size()


def anchor(tensor: torch.Tensor) -> torch.Tensor:
    """All elements of the tensor's storage as one flat tensor."""
    return tensor.new_empty(0).set_(tensor.untyped_storage(), 0, (extent(tensor)[1],), (1,))


def view(anchor: torch.Tensor, offset: int, dim: int, *sizes_and_strides: int) -> torch.Tensor:
    sizes = sizes_and_strides[0 : 2 * dim : 2]
    strides = sizes_and_strides[1 : 2 * dim : 2]
    return anchor.as_strided(sizes, strides, offset)


def getitem(value, key):
    """``value[key]`` for a tensor, a storage, or another object of Python's."""
    if isinstance(value, torch.Tensor):
        return indexing.get(value, key)
    try:
        return value[key]
    except TypeError:
        return getfield(value, key)


def setitem(value, key, item) -> None:
    if isinstance(value, torch.Tensor):
        indexing.set(value, key, item)
    else:
        try:
            value[key] = item
        except TypeError as error:
            raise TorchError(f"can't set {key!r} of {describe(value)[1] or type(value).__name__}") from error


# Fields -------------------------------------------------------------------------------------------------------------


def getfield(value, key):
    """A field of an object, else a class attribute that is not a method; None if there is neither."""
    fields = getattr(value, "__dict__", None)
    found = fields.get(key) if fields is not None else None
    if found is None and type(key) is str and not key.startswith("__"):
        if isinstance(value, TorchObject):
            found = getattr(type(value), key, None)
            if isinstance(found, property):
                return getattr(value, key)
            return None if callable(found) else found
        return getattr(value, key, None)
    return found


def setfield(value, key, item) -> None:
    """Set a field (None removes it). A Lua function becomes a method of this one object, for Python too."""
    fields = getattr(value, "__dict__", None)
    if fields is None:
        setattr(value, key, item)
    elif item is None:
        fields.pop(key, None)
    else:
        fields[key] = ObjectMethod(item, value) if type(item) is LuaFunction else item


def set_fields(value, fields: Table) -> None:
    """Set all these."""
    for key, item in fields.items():
        setfield(value, key, item)


def fields(value) -> Table:
    """A fresh table of an object's fields."""
    return Table({key: item for key, item in value.__dict__.items() if item is not None})


_pointers: WeakValueDictionary[int, object] = WeakValueDictionary()  # what pointers were asked for


def pointer(value) -> int:
    """A number that tells an object from all others (``torch.pointer``); a storage's whatever the handle."""
    if isinstance(value, torch.Tensor):
        number, known = value._cdata, value
    elif isinstance(value, Storage):
        number, known = value.pointer(), value.untyped
    else:
        return id(value)
    _pointers[number] = known
    return number


def at_pointer(number: int, typename: str):
    """The tensor, or storage, for which :func:`pointer` gave this number; None if there is none any more."""
    found = _pointers.get(number)
    if not isinstance(found, torch.UntypedStorage):
        return found
    dtype = types.lookup(typename.replace("Storage", "Tensor"))
    return dtype and Storage(dtype[1], found)


def address(storage: Storage) -> int:
    """Where the elements of a storage are."""
    return storage.untyped.data_ptr()


def same(a, b) -> bool:
    """Lua's ``==`` between two userdata: identity, but for storages, which are new handles each time."""
    return a is b or (isinstance(a, Storage) and isinstance(b, Storage) and a == b)


# Classes ------------------------------------------------------------------------------------------------------------


def named_parent(cls: type) -> type | None:
    """The nearest ancestor with a Torch7 name."""
    for ancestor in cls.__mro__[1:]:
        if isinstance(ancestor.__dict__.get("__typename__"), str):
            return ancestor
    return None


def class_members(cls: type) -> Iterator[tuple[str, Callable]]:
    """Lua's names and the functions of a class's own methods, and of its ancestors without a Torch7 name."""
    parent = named_parent(cls)
    inherited = set(parent.__mro__) if parent else {object}
    found = {}
    for ancestor in cls.__mro__:
        if ancestor in inherited:
            continue
        for name, member in vars(ancestor).items():
            if isinstance(member, Override):
                member = member.original
            if isinstance(member, (staticmethod, classmethod)):
                member = member.__get__(None, cls)
            if name not in found and isinstance(
                member, (python_types.FunctionType, python_types.MethodType, python_types.MethodDescriptorType)
            ):
                if not name.startswith("_") or name in LUA_NAMES or name in METAMETHODS or name in HOOKS:
                    found[name] = member
    for name, member in found.items():
        yield LUA_NAMES.get(name, name), member


def class_lists(cls: type | None) -> dict[str, list]:
    """A class's own attributes that are lists; in Lua each is a table."""
    return {name: value for name, value in vars(cls).items() if isinstance(value, list)} if cls else {}


def tensor_methods() -> Iterator[tuple[str, Callable]]:
    """Lua's names and the functions of a tensor's methods; operators end in ``__`` in Lua."""
    for name, operation in methods.items():
        yield (f"{name}__" if name.startswith("__") else name), operation


def storage_methods() -> Iterator[tuple[str, Callable]]:
    """The same for what all storages have."""
    for name in METHODS:
        yield name, getattr(Storage, name)


def constructor(typename: str) -> Callable:
    """What ``torch.DoubleTensor(...)`` calls."""

    def new(*args):
        return construct.new(typename, *args)

    new.steady = True
    return new


def element_size(dtype: torch.dtype) -> Callable:
    """What ``torch.LongStorage.elementSize()`` calls: a type knows it without an object."""

    def elementSize(*_):
        return dtype.itemsize

    elementSize.steady = True
    return elementSize
