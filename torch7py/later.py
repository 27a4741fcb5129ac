"""Drawings that follow changes: at once, or a little later where a program changes things again and again."""

from __future__ import annotations

import atexit
import math
import time
from collections.abc import Callable, Hashable

_PAUSE = 0.5  # seconds between two drawings of one thing, at least
_SHARE = 10  # a drawing takes this part of a program's time, at most

_waiting: dict[Hashable, Callable[[], None]] = {}
_again_at: dict[Hashable, float] = {}


def draw(key: Hashable, action: Callable[[], None], now: bool | None = None) -> None:
    """Call ``action``, which draws the thing ``key``.

    now: whether at once; if false, when :func:`finish` is called, and by default at once unless that was just done.
    """
    _waiting[key] = action
    if now or now is None and time.monotonic() >= _again_at.get(key, -math.inf):
        _draw(key)


@atexit.register
def finish() -> None:
    """Draw what still waits."""
    for key in list(_waiting):
        _draw(key)


def _draw(key: Hashable) -> None:
    start = time.monotonic()
    _waiting.pop(key)()
    end = time.monotonic()
    _again_at[key] = end + max(_PAUSE, (_SHARE - 1) * (end - start))
