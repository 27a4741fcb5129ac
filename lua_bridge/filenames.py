"""File names, and text of the shell, between Lua and Python.

A Lua string is bytes, in Python one character per byte; a file name in Python is text (``os.fsdecode``). What packages
paths and sys take and give is translated here; modules of torch7py see Python's names only.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable


def from_lua(value):
    """An argument as Python means it: text for a string of bytes; a function is given what it would get from Lua."""
    if isinstance(value, str):
        return value if value.isascii() else os.fsdecode(value.encode("latin-1"))
    if callable(value):
        return lambda *args: value(*map(to_lua, args))
    return value


def to_lua(value):
    """A result as Lua means it: a string of bytes for text, in lists, tuples and iterators too."""
    if isinstance(value, str):
        return value if value.isascii() else os.fsencode(value).decode("latin-1")
    if isinstance(value, (list, tuple)):
        return type(value)(map(to_lua, value))
    if callable(value):
        return for_lua(value)
    return value


def for_lua(function: Callable) -> Callable:
    """The function as Lua calls it."""

    @functools.wraps(function, updated=())
    def call(*args):
        return to_lua(function(*map(from_lua, args)))

    return call
