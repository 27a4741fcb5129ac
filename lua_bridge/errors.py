"""The exception that a Lua error becomes in Python."""

from __future__ import annotations


class LuaError(Exception):
    """An error raised by Lua code.

    Attributes:
        value: the error value as Lua raised it; mostly a string that begins with the script's position.
        traceback: Lua's stack where it was raised, innermost call first.

    If Lua was called by Python that was called by Lua, the inner error is the ``__cause__``.
    """

    def __init__(self, value, traceback: str = ""):
        super().__init__(value)
        self.value = value
        self.traceback = traceback

    @property
    def message(self) -> str:
        if isinstance(self.value, str):
            return self.value
        return f"(error object is a {type(self.value).__name__} value)"

    def tracebacks(self) -> str:
        """The Lua stacks of this error and of those that caused it, innermost first."""
        cause = self.__cause__
        while cause is not None and not isinstance(cause, LuaError):
            cause = cause.__cause__
        return f"{cause.tracebacks()}\n{self.traceback}" if cause else self.traceback

    def __str__(self) -> str:
        stacks = self.tracebacks()
        return f"{self.message}\n{stacks}" if stacks else self.message
