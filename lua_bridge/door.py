"""The door from Lua to Python: every Python function that Lua calls is wrapped by it.

The wrapper keeps Python's exceptions from Lua (Lua gets a message and raises it itself, so that the script's position
is in it), turns results into what Lua understands, and keeps account of tensor memory, which Lua's collector can't
see behind a small userdata.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount

import torch

from lua_bridge.errors import LuaError
from torch7py.tensor import registry

PLAIN = frozenset({type(None), bool, int, float})
# Bytes of tensors handed to Lua after which Lua must collect.
LIMIT = 192 << 20
# What a tensor object costs besides its elements, about.
OBJECT_SIZE = 1024


class Door:
    """Wraps functions for one runtime."""

    def __init__(self, runtime, signal):
        self.runtime = runtime
        self.signal = signal
        self.handed_out = 0

    def __call__(self, function: Callable, steady: bool = False) -> Callable:
        """Wrap ``function``; ``steady`` as in ``torch7py.tensor.registry``."""
        tensor_type, plain = torch.Tensor, PLAIN
        fail, count, to_lua = self.fail, self.count, self.runtime.to_lua

        def call(*args):
            try:
                result = function(*args)
                kind = type(result)
                if kind is tensor_type:
                    if getrefcount(result) == 2:  # only Lua will hold it: a new tensor
                        return count(result)
                    return result
                if kind in plain:
                    return result
                return to_lua(result)
            except BaseException as error:
                return fail(error)

        if steady:
            plain_call, moves, signal = call, registry.moves, self.signal

            def call(*args):
                result = plain_call(*args)
                if moves.happened:
                    moves.happened = False
                    return signal, "moved", *(result if type(result) is tuple else (result,))
                return result

        call.__wrapped__ = function
        return call

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
            text = str(error) or type(error).__name__
        text = runtime.to_lua(text)
        runtime.failure = error, text
        return self.signal, "fail", text
