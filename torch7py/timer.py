"""torch.Timer: real, user and system time; torch.tic and torch.toc."""

from __future__ import annotations

import os
import time

from torch7py.classes import register
from torch7py.table import Table
from torch7py.tensor.registry import function


def _now() -> tuple[float, float, float]:
    used = os.times()
    return time.perf_counter(), used.user, used.system


@function("tic", steady=True)
def tic() -> float:
    """The time now, for :func:`toc`."""
    return time.perf_counter()


@function("toc", steady=True)
def toc(start: float) -> float:
    """Seconds since :func:`tic` returned ``start``."""
    return time.perf_counter() - start


@register("torch.Timer")
class Timer:
    """A stopwatch, which runs from its creation on."""

    def __init__(self):
        self.reset()
        self._running = True

    def reset(self) -> Timer:
        """Start counting from zero; a stopped timer stays stopped."""
        self._total = (0.0, 0.0, 0.0)
        self._start = _now()
        return self

    def stop(self) -> Timer:
        if self._running:
            self._total = self._elapsed()
            self._running = False
        return self

    def resume(self) -> Timer:
        if not self._running:
            self._start = _now()
            self._running = True
        return self

    def time(self) -> Table:
        """Seconds counted so far: fields ``real``, ``user`` and ``sys`` (processor time of this process)."""
        real, user, system = self._elapsed()
        return Table(real=real, user=user, sys=system)

    def _elapsed(self) -> tuple[float, float, float]:
        if not self._running:
            return self._total
        return tuple(total + now - start for total, now, start in zip(self._total, _now(), self._start, strict=True))

    def write(self, file) -> None:
        """A file holds nothing of a timer: one that is read from there has just begun."""

    def read(self, file, version: int) -> None:
        self.__init__()

    def __tostring__(self) -> str:
        return f"torch.Timer [status: {'running' if self._running else 'stopped'}]"
