"""LuaSocket's clock. Its network functions are not here."""

from __future__ import annotations

import socket as _socket
import time

__all__ = ["dns", "gettime", "sleep", "_VERSION"]

_VERSION = "LuaSocket 3.0 (gettime, sleep and dns.gethostname of it)"


def gettime() -> float:
    """Seconds since 1970."""
    return time.time()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(max(0, seconds))


dns = {"gethostname": _socket.gethostname}
