"""torch-hdf5: tensors in HDF5 files, by h5py."""

from __future__ import annotations

import os

import numpy
import torch

from torch7py.classes import register
from torch7py.errors import ArgumentError, TorchError
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import describe

try:
    import h5py
except ImportError:
    raise TorchError("package hdf5 needs h5py: pip install torch7py[hdf5]") from None

__all__ = ["DataSetOptions", "open"]

_DTYPES = {
    "int8": torch.int8,
    "uint8": torch.uint8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}
_WIDER = {"uint16": "int32", "uint32": "int64", "bool": "uint8"}  # what Torch7 has no type for


@register("hdf5.DataSetOptions")
class DataSetOptions:
    """How to store a tensor: in one piece, unless :meth:`setChunked` says otherwise."""

    def __init__(self):
        self._chunks: tuple[int, ...] | None = None
        self._level: int | None = None

    def setChunked(self, *sizes: int) -> DataSetOptions:
        """Store chunks of these sizes, one for each dimension; the first dimension can then grow."""
        self._chunks = tuple(map(int, sizes))
        return self

    def setDeflate(self, level: int = 6) -> DataSetOptions:
        """Compress the chunks, from 1 (quick) to 9 (small)."""
        self._level = int(level)
        return self

    def close(self) -> None:
        pass

    def __tostring__(self) -> str:
        return f"[DataSetOptions: chunking={'x'.join(map(str, self._chunks)) if self._chunks else 'none'}]"

    def _for(self, tensor: torch.Tensor) -> dict:
        """h5py's settings for a tensor."""
        settings = {}
        if self._chunks is not None:
            if len(self._chunks) != tensor.dim():
                raise TorchError(
                    "Chunk size must have same number of dimensions as data! "
                    f"Chunk size has {len(self._chunks)} dimensions; data has {tensor.dim()}"
                )
            settings["chunks"] = tuple(map(min, self._chunks, tensor.shape))
            settings["maxshape"] = (None, *tensor.shape[1:])
        if self._level is not None:
            settings |= {"compression": "gzip", "compression_opts": self._level}
        return settings


class _Node:
    """A file, group or data set: all are h5py's objects, ``_node``."""

    _shareable = True  # h5py lets one thread in at a time

    def __init__(self, node):
        self._node = node

    def __tostring__(self) -> str:
        return f"[{type(self).__name__.lstrip('_')} {self._node.name if self._node else '(closed)'}]"

    def close(self) -> None:
        """Nothing to do: a node is closed with its file."""


@register("hdf5.HDF5DataSet")
class _HDF5DataSet(_Node):
    def _dtype(self) -> torch.dtype:
        name = self._node.dtype.name
        if _WIDER.get(name, name) not in _DTYPES:
            raise TorchError(f"Could not find torch type for the elements of {self.__tostring__()}: {name}")
        return _DTYPES[_WIDER.get(name, name)]

    def _tensor(self, values: numpy.ndarray) -> torch.Tensor:
        dtype = self._dtype()
        native = numpy.ascontiguousarray(values, numpy.dtype(str(dtype).removeprefix("torch.")))
        return torch.from_numpy(native if native.ndim else native.reshape(1))

    def all(self) -> torch.Tensor:
        """The whole tensor."""
        return self._tensor(self._node[...])

    def partial(self, *ranges: Table | int) -> torch.Tensor:
        """A part: for each dimension {first, last}, or one index."""
        if len(ranges) != self._node.ndim:
            raise TorchError(
                f"HDF5DataSet:partial() - dimension mismatch. Expected {self._node.ndim} but {len(ranges)} were given."
            )
        parts = []
        for range, size in zip(ranges, self._node.shape):
            first, last = (int(range), int(range)) if isinstance(range, (int, float)) else (range[1], range[2])
            if not 1 <= first <= last <= size:
                raise TorchError(f"HDF5DataSet:partial() - the range {first} to {last} is not within 1 to {size}")
            parts.append(slice(int(first) - 1, int(last)))
        return self._tensor(self._node[tuple(parts)])

    def dataspaceSize(self) -> Table:
        """The sizes."""
        return Table(self._node.shape)

    def getTensorFactory(self):
        """A function that makes an empty tensor of the type that is stored."""
        dtype = self._dtype()
        return lambda *_: torch.empty(0, dtype=dtype)


@register("hdf5.HDF5Group")
class _HDF5Group(_Node):
    @property
    def _children(self) -> Table:
        return Table({name: _wrap(child) for name, child in self._node.items()})

    def all(self) -> Table:
        """A table of all that is in it: tensors, and tables for groups."""
        return Table({name: _wrap(child).all() for name, child in self._node.items()})

    def read(self, path: str | Table | None = None):
        """The group or data set of that path."""
        path = _joined(path)
        try:
            return _wrap(self._node[path]) if path else _wrap(self._node)
        except KeyError:
            raise TorchError(f"HDF5Group:read() - no such child '{path}' for {self.__tostring__()}") from None

    def write(self, path: str | Table, data: torch.Tensor | Table, options: DataSetOptions | None = None) -> None:
        """Store a tensor, or a table of tensors and tables as a group."""
        self._store(_joined(path), data, options, self._create)

    def append(self, path: str | Table, data: torch.Tensor | Table, options: DataSetOptions | None = None) -> None:
        """Add a tensor behind the one that is there, along the first dimension."""
        self._store(_joined(path), data, options, self._extend)

    def _store(self, path: str, data, options: DataSetOptions | None, store) -> None:
        if isinstance(data, (Table, dict)):
            if path:
                self._node.require_group(path)
            for name, value in data.items():
                self._store(f"{path}/{name}".lstrip("/"), value, options, store)
        elif not isinstance(data, torch.Tensor):
            raise ArgumentError(f"torch-hdf5: writing data of type {describe(data)} is not supported")
        elif not path:
            raise ArgumentError("HDF5File:write() - must provide a table when writing to the root location")
        else:
            store(path, data, options or DataSetOptions())

    def _create(self, path: str, tensor: torch.Tensor, options: DataSetOptions) -> None:
        if tensor.dtype not in _DTYPES.values():
            raise TorchError(f"Cannot find hdf5 file type for {types.typename(tensor)}")
        try:
            self._node.create_dataset(path, data=tensor.cpu().numpy(), **options._for(tensor))
        except (ValueError, OSError) as error:
            raise TorchError(f"Error writing data {path} to {self.__tostring__()}: {error}") from error

    def _extend(self, path: str, tensor: torch.Tensor, options: DataSetOptions) -> None:
        stored = self.read(path)._node
        size = stored.shape[0]
        try:
            stored.resize(size + tensor.shape[0], axis=0)
            stored[size:] = tensor.cpu().numpy()
        except (TypeError, ValueError, OSError) as error:
            raise TorchError(f"Error extending data {path} to {self.__tostring__()}: {error}") from error


@register("hdf5.HDF5File")
class _HDF5File(_HDF5Group):
    @property
    def _rootGroup(self) -> _HDF5Group:
        return _HDF5Group(self._node["/"])

    def filename(self) -> str:
        return self._node.filename

    def close(self) -> None:
        """Write what is still in memory, and give up the file."""
        self._node.close()

    def __tostring__(self) -> str:
        return f"[HDF5File: {self._node.filename if self._node else '(closed)'}]"


def _wrap(node) -> _Node:
    return _HDF5DataSet(node) if isinstance(node, h5py.Dataset) else _HDF5Group(node)


def _joined(path: str | Table | None) -> str:
    return (path or "").strip("/") if not isinstance(path, Table) else "/".join(map(str, path))


def open(path: str, mode: str = "a") -> _HDF5File:
    """Open a file: 'r' to read, 'r+' to read and write, 'w' anew, 'w-' anew if there is none, 'a' as 'r+' or 'w'."""
    path = os.path.abspath(os.path.expanduser(path))
    if not os.path.isdir(os.path.dirname(path)):
        raise TorchError(f"HDF5File.open: no such directory {os.path.dirname(path)}")
    if mode not in ("r", "r+", "w", "w-", "a"):
        raise TorchError(f"Unknown mode '{mode}' for hdf5.open()")
    try:
        return _HDF5File(h5py.File(path, mode))
    except OSError as error:
        raise TorchError(f"hdf5.open: cannot open {path}: {error}") from error
