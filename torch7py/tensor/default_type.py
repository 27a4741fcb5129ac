"""The default tensor type: what ``torch.Tensor(...)``, ``torch.zeros(...)`` and their kin make."""

from __future__ import annotations

from torch7py.errors import TorchError
from torch7py.tensor import types
from torch7py.tensor.registry import function


@function("getdefaulttensortype", steady=True)
def getdefaulttensortype() -> str:
    """The full name of the default type, ``'torch.DoubleTensor'`` at first."""
    return types.default.name


@function("setdefaulttensortype", steady=True)
def setdefaulttensortype(name: str) -> None:
    """Make ``name`` (``'torch.FloatTensor'``, ...) the default type of this thread.

    Raises:
        TorchError: there is no such tensor type.
    """
    found = types.lookup(name) if isinstance(name, str) else None
    if found is None:
        raise TorchError(f"<{name}> is not a string describing a torch object")
    types.default.name = types.here(name)
    types.default.device, types.default.dtype = found
