"""The one table of Torch7's tensor operations: name -> function on ``torch.Tensor``.

``methods['add'](x, ...)`` is ``x:add(...)``; ``functions['add'](...)`` is ``torch.add(...)``. The Python handle
(``handle.py``) and the Lua side both are made from these two tables.

An operation takes its arguments as Torch7 did: numbers count from 1, a result tensor may come first, None stands
for nil. It returns what Torch7 returned; a tuple for several results.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

methods: dict[str, Callable] = {}
functions: dict[str, Callable] = {}


def _entering(table: dict[str, Callable], names: tuple[str, ...], steady: bool) -> Callable[[Callable], Callable]:
    def decorate(operation: Callable) -> Callable:
        operation.steady = steady
        table.update(dict.fromkeys(names, operation))
        return operation

    return decorate


def method(*names: str, steady: bool = False) -> Callable[[Callable], Callable]:
    """Decorator: enter a function as the tensor method of these names.

    ``steady`` promises that it never moves, resizes or re-seats the memory of an existing tensor or storage, so
    that pointers to elements stay valid across the call; where it must do so after all, it calls :func:`resized`.
    """
    return _entering(methods, names, steady)


def function(*names: str, steady: bool = False) -> Callable[[Callable], Callable]:
    """Decorator: enter a function as ``torch.NAME`` for these names. ``steady`` as for :func:`method`."""
    return _entering(functions, names, steady)


class _Moves(threading.local):
    """Whether a steady operation of this thread has moved memory after all."""

    happened = False


moves = _Moves()


def resized() -> None:
    """To be called when an operation that is steady as a rule had to resize a tensor (a result that was given).

    Who keeps pointers to elements looks at ``moves.happened`` after each call, and clears it.
    """
    moves.happened = True
