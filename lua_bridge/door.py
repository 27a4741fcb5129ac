"""The door from Lua to Python: every Python function that Lua calls is wrapped by it.

The wrapper keeps Python's exceptions from Lua (Lua gets a message and raises it itself, so that the script's position
is in it), turns results into what Lua understands, and keeps account of tensor memory, which Lua's collector can't
see behind a small userdata.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import lru_cache
from sys import getrefcount

import torch

from lua_bridge.errors import LuaError
from torch7py.tensor import overlapping, registry
from torch7py.tensor.arguments import bad_argument, wording

PLAIN = frozenset({type(None), bool, int, float})
# Bytes of tensors handed to Lua after which Lua must collect.
LIMIT = 192 << 20
# What a tensor object costs besides its elements, about.
OBJECT_SIZE = 1024
# Python's answer where the result is the first argument, which Lua has at hand; no results at all are a signal.
FIRST = ()


class Door:
    """Wraps functions for one runtime."""

    def __init__(self, runtime, signal):
        self.runtime = runtime
        self.signal = signal
        self.handed_out = 0
        self.moves = 0  # those that Lua knows of

    def __call__(self, function: Callable, steady: bool = False) -> Callable:
        """Wrap ``function``; ``steady`` as in ``torch7py.tensor.registry``."""
        tensor_type, plain, moves = torch.Tensor, PLAIN, registry.moves
        count, to_lua = self.count, self.to_lua
        strict = getattr(function, "strict", False)

        def call(*args):
            try:
                if strict and args and args[-1] is None:
                    raise bad_argument(len(args), function.__name__, "nil")
                result = function(*args)
                if moves.count != self.moves:
                    self.moves = moves.count
                    if steady:
                        return self.moved(result)
                kind = type(result)
                if kind is tensor_type:
                    if getrefcount(result) == 2:  # only Lua will hold it: a new tensor
                        return count(result)
                    return FIRST if args and result is args[0] else result
                return result if kind in plain else to_lua(result)
            except BaseException as error:
                if type(error) is TypeError and not strict:
                    least, most = arguments(function)
                    if len(args) > most:
                        return call(*args[:most])
                    if len(args) < least:
                        return self.filled_up(function, args, error)
                if overlapping.declined(function, error):
                    return self(overlapping.in_layers(function))(*args)
                return self.fail(error)

        call.__wrapped__ = function
        return call

    def to_lua(self, result):
        if type(result) is tuple and not result:
            return self.signal, "nothing"
        return self.runtime.to_lua(result)

    def filled_up(self, function: Callable, args: tuple, error: TypeError):
        """Call with nil for the missing arguments; where it can't do without them, the first error says it best."""
        try:
            return self.to_lua(function(*args, *[None] * (arguments(function)[0] - len(args))))
        except (TypeError, AttributeError):
            return self.fail(error)
        except BaseException as other:
            return self.fail(other)

    def moved(self, result) -> tuple:
        result = self.runtime.to_lua(result)
        return self.signal, "moved", *(result if type(result) is tuple else (result,))

    def count(self, tensor: torch.Tensor):
        size = OBJECT_SIZE
        if tensor.nbytes > 65536:
            base = tensor._base
            if base is None or getrefcount(base) == 2:
                size += tensor.nbytes
        self.handed_out += size
        if self.handed_out > LIMIT:
            self.handed_out = 0
            return self.signal, "collect", tensor
        return tensor

    def fail(self, error: BaseException) -> tuple:
        runtime = self.runtime
        if isinstance(error, LuaError):
            runtime.failure = error, error.value
            return self.signal, "rethrow", runtime.to_lua(error.value)
        if isinstance(error, KeyboardInterrupt):
            text = "interrupted!"
        elif isinstance(error, SystemExit):
            text = f"exit with status {error.code}"
        elif isinstance(error, KeyError) and error.args:
            text = str(error.args[0])
        else:
            text = wording(error)
        text = runtime.to_lua(text)
        runtime.failure = error, text
        return self.signal, "fail", text


@lru_cache
def arguments(function: Callable) -> tuple[int, float]:
    """How many arguments a function takes, at least and at most. Called from Lua with more it drops them, with fewer it
    gets nil for them, as any function of Lua's."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a function of C's
        return 0, math.inf
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 0, math.inf
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(parameter.default is parameter.empty for parameter in places), len(places)
