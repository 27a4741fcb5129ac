"""``profile``: networks that print how long each of their modules takes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from torch7py.classes import extends
from torch7py.console import current, tostring
from torch7py.nn.containers import ParallelTable
from torch7py.nn.module import Module
from torch7py.nn.sequential import Sequential

# By the containers' methods, what they call of their modules.
_CALLED = {
    "updateOutput": "updateOutput",
    "updateGradInput": "updateGradInput",
    "accGradParameters": "accGradParameters",
    "accUpdateGradParameters": "accUpdateGradParameters",
    "_backward": "backward",
}


@extends(Module)
class _Profile:
    dpnn_profile = None

    def profile(self) -> None:
        """From now on let all nn.Sequential and nn.ParallelTable inside print what each of their modules takes."""
        _watch()
        for module in self.modules or ():
            module.profile()
        self.dpnn_profile = True


@functools.cache
def _watch() -> None:
    """Let containers look whether they are to be timed. Nobody pays for that before the first ``profile()``."""
    for cls in (Sequential, ParallelTable):
        for method, called in _CALLED.items():
            if method in vars(cls):
                setattr(cls, method, _watched(vars(cls)[method], called))


def _watched(method: Callable, called: str) -> Callable:
    @functools.wraps(method)
    def watched(self, *args):
        if not self.dpnn_profile:
            return method(self, *args)
        modules = self.modules.list()
        own = [module.__dict__.get(called) for module in modules]
        for module in modules:
            setattr(module, called, _timed(module, called))
        try:
            return method(self, *args)
        finally:
            for module, member in zip(modules, own):
                module._set(**{called: member})

    return watched


def _timed(module: Module, name: str) -> Callable:
    method = getattr(module, name)

    def timed(*args):
        start = time.perf_counter()
        result = method(*args)
        current.console.print(f"{type(module).__typename__} {name}: {tostring(time.perf_counter() - start)} s")
        return result

    return timed
