"""``torch.md5``: the MD5 sum of a string, by which torchx tells strings apart."""

from __future__ import annotations

import hashlib

from torch7py.console import luatype, to_bytes
from torch7py.errors import TorchError

__all__ = ["sum", "sumhexa"]


def sum(s: str) -> str:
    """The sum's 16 bytes, one character each."""
    return _md5(s).digest().decode("latin-1")


def sumhexa(s: str) -> str:
    """The sum in 32 hexadecimal digits."""
    return _md5(s).hexdigest()


def _md5(s: str):
    if not isinstance(s, str):
        raise TorchError(f"md5: string expected, got {luatype(s)}")
    return hashlib.md5(to_bytes(s), usedforsecurity=False)
