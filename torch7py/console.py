"""What Torch7's tools need of the program around them: print, write, exit, and Lua's way of showing a value.

In Python these are Python's own. A Lua runtime puts an object with the same methods in ``current.console``, so that
a script that replaces ``print`` or ``io.write`` is obeyed.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable

import torch

from torch7py.table import Table
from torch7py.tensor.arguments import plain_type


class Console:
    """Python's own print, standard output and exit."""

    def __init__(self):
        self._plain_print = None

    def print(self, *values) -> None:
        builtins.print(*values)

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def exit(self, status: int) -> None:
        raise SystemExit(status)

    def position(self) -> str:
        """File and line of the innermost call that is not torch7py's own."""
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("torch7py."):
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def tee(self, sink: Callable[[list[str]], None], quiet: Callable[[], bool]) -> None:
        """From now on ``print`` gives its values, as text, to ``sink`` too; and to it alone while ``quiet()``."""
        if self._plain_print is None:
            self._plain_print = builtins.print
        plain_print = self._plain_print

        def print_and_log(*values, **options):
            # what is printed to a stream of its own choice (a file, standard error) is none of the log's business
            if options.get("file") is not None or not quiet():
                plain_print(*values, **options)
            if options.get("file") is None:
                sink([tostring(value) for value in values])

        builtins.print = print_and_log


class _Current(threading.local):
    """The console of the running thread, as every Lua state had its own."""

    console = Console()


current = _Current()


def tostring(value) -> str:
    """``value`` as Lua's ``tostring`` shows it: numbers with 14 digits, ``nil``, ``true``."""
    if value is None:
        return "nil"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**14:
        return str(value)
    if isinstance(value, (int, float)):
        return f"{value:.14g}"
    return str(value)


def to_bytes(text: str) -> bytes:
    """What a string means in a file: a string of Lua's is bytes, one character each; any other is UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def file_name(name: str) -> str:
    """A file's name as text, where a Lua program may have given it as a string of bytes that spell UTF-8."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


def luatype(value) -> str:
    """What Lua's ``type`` calls ``value``: 'nil', 'boolean', 'number', 'string', 'table', 'function' or 'userdata'."""
    if isinstance(value, torch.Tensor):
        return "userdata"
    kind = plain_type(value)
    return "userdata" if kind == "table" and not isinstance(value, (Table, dict, list)) else kind


def tonumber(text: str) -> int | float | None:
    """The number that ``text`` spells in Lua (decimal or ``0x...``), a whole one as int; None if it spells none."""
    text = text.strip(" \t\n\v\f\r")
    if not text.isascii() or "_" in text:
        return None
    try:
        number = float.fromhex(text) if "x" in text.lower() else float(text)
    except (ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else number
