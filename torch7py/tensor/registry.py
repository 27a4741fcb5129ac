"""The one table of Torch7's tensor operations: name -> function on ``torch.Tensor``.

``methods['add'](x, ...)`` is ``x:add(...)``; ``functions['add'](...)`` is ``torch.add(...)``. The Python handle
(``handle.py``) and the Lua side both are made from these two tables.

An operation takes its arguments as Torch7 did: numbers count from 1, a result tensor may come first, None stands
for nil. It returns what Torch7 returned; a tuple for several results.
"""

from __future__ import annotations

from collections.abc import Callable

methods: dict[str, Callable] = {}
functions: dict[str, Callable] = {}


# Torch7's wrapper around its C functions refuses surplus arguments; these operations it had written by hand, and they
# take no notice of any.
_BY_HAND = frozenset(
    """apply byte cdata char chunk clone contiguous copy data dim double elementSize expand expandAs float half index
    int isContiguous isSameSizeAs isSetTo isSize isTensor long map map2 maskedFill maskedSelect multinomialAliasSetup
    nElement narrow new permute real repeatTensor resize resizeAs select set short size split storage storageOffset
    stride sub t totable transpose type typeAs unfold view viewAs""".split()
)


def _entering(table: dict[str, Callable], names: tuple[str, ...], steady: bool) -> Callable[[Callable], Callable]:
    def decorate(operation: Callable) -> Callable:
        operation.steady = steady
        operation.strict = _BY_HAND.isdisjoint(names)
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


def both(name: str, described: Callable, call: Callable, make: Callable | None = None) -> Callable:
    """Enter ``call`` as the method and ``make``, by default the same, as the function of that name; both are steady.

    They write elements on their own, if any, so that they can be called for one part of a tensor after another.
    Their docstring is that of ``described``, with ``name`` for ``NAME``. Returns the function.
    """
    make = make or call
    for operation in (call, make):
        operation.__name__ = operation.__qualname__ = name
        operation.__doc__ = described.__doc__.replace("NAME", name)
        operation.by_element = True
    method(name, steady=True)(call)
    return function(name, steady=True)(make)


class _Moves:
    """How often steady operations have moved memory after all."""

    __slots__ = ("count",)

    def __init__(self):
        self.count = 0


moves = _Moves()


def resized() -> None:
    """To be called when an operation that is steady as a rule had to resize a tensor (a result that was given).

    Who keeps pointers to elements looks at ``moves.count`` after each call.
    """
    moves.count += 1
