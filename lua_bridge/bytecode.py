"""LuaJIT's bytecode, as functions in ``.t7`` files are kept.

LuaJIT loads bytecode without a look at it: what a damaged file holds can make it read beyond the end. So its structure
is walked through here first. What its instructions do if somebody calls the function is another matter.
"""

from __future__ import annotations

_MAGIC = b"\x1bLJ\x02"
_STRIPPED = 2  # flag: there are no names and lines
_CHILD, _TABLE, _SIGNED, _UNSIGNED, _COMPLEX, _STRING = range(6)  # kinds of constants; from _STRING on with its length
_INTEGER, _NUMBER = 3, 4  # kinds of values in constant tables, which below are nil, false, true


class _Walk:
    """Goes through bytecode from ``place`` to ``end``; raises IndexError where it would go further."""

    def __init__(self, code: bytes):
        self.code = code
        self.place, self.end = 0, len(code)

    def skip(self, count: int) -> int:
        """Go on by so many bytes; the first of them."""
        start = self.place
        self.place += count
        if self.place > self.end:
            raise IndexError
        return self.code[start] if count else 0

    def number(self) -> int:
        """A number in groups of seven bits, the low ones first."""
        value = shift = 0
        while True:
            byte = self.skip(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 28:
                raise IndexError

    def text(self) -> None:
        """A string ended by a zero."""
        self.skip(self.code.index(0, self.place, self.end) + 1 - self.place)

    def table_value(self) -> None:
        kind = self.number()
        if kind >= _STRING:
            self.skip(kind - _STRING)
        elif kind >= _INTEGER:
            self.numbers(kind - _INTEGER + 1)

    def numbers(self, count: int) -> None:
        for _ in range(count):
            self.number()

    def constant(self) -> None:
        kind = self.number()
        if kind >= _STRING:
            self.skip(kind - _STRING)
        elif kind == _TABLE:
            listed, hashed = self.number(), self.number()
            for _ in range(listed + 2 * hashed):
                self.table_value()
        elif kind != _CHILD:
            self.numbers(4 if kind == _COMPLEX else 2)

    def function(self, stripped: bool) -> None:
        """One function: sizes, instructions, upvalues, constants; names and lines."""
        *_, upvalues = [self.skip(1) for _ in range(4)]
        objects, numbers, instructions = self.number(), self.number(), self.number()
        names = 0 if stripped else self.number()
        lines = [self.number(), self.number()][1] if names else 0
        self.skip(4 * instructions + 2 * upvalues)
        for _ in range(objects):
            self.constant()
        for _ in range(numbers):
            self.numbers(1 + (self.code[self.place] & 1))
        if names:
            behind = self.place + names
            self.skip(instructions * (1 if lines < 1 << 8 else 2 if lines < 1 << 16 else 4))
            for _ in range(upvalues):
                self.text()
            while kind := self.skip(1):
                if kind >= 7:  # not one of the names that have numbers
                    self.text()
                self.numbers(2)
            if self.place != behind:
                raise IndexError


def is_sound(code: bytes) -> bool:
    """Whether Lua can load this: all that LuaJIT's bytecode announces is there. Anything else Lua itself looks at."""
    if not code.startswith(_MAGIC):
        return True
    walk = _Walk(code)
    try:
        walk.skip(len(_MAGIC))
        stripped = bool(walk.number() & _STRIPPED)
        if not stripped:
            walk.skip(walk.number())
        while length := walk.number():
            behind = walk.place + length
            walk.function(stripped)
            if walk.place != behind:
                return False
    except (IndexError, ValueError):
        return False
    return walk.place == walk.end
