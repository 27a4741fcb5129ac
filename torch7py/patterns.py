"""Lua's patterns (``%a+``, ``[^,]-``, ...) on Python's regular expressions."""

from __future__ import annotations

import functools
import re

from torch7py.errors import TorchError

# Lua's classes, as the inside of a [...]; the upper-case letter is the complement
_CLASSES = {
    "a": "A-Za-z",
    "c": "\x00-\x1f\x7f",
    "d": "0-9",
    "l": "a-z",
    "p": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    "s": " \t-\r",
    "u": "A-Z",
    "w": "A-Za-z0-9",
    "x": "A-Fa-f0-9",
    "z": "\x00",
}
_REPEATS = {"*": "*", "+": "+", "-": "*?", "?": "?"}


def search(pattern: str, text: str, start: int = 0) -> re.Match | None:
    """The first match of a Lua pattern in ``text`` at or behind position ``start`` (from 0)."""
    compiled = translate(pattern)
    return compiled.match(text, start) if pattern.startswith("^") else compiled.search(text, start)


@functools.lru_cache(maxsize=128)
def translate(pattern: str) -> re.Pattern:
    """The regular expression for a Lua pattern, without the ``^`` that it may begin with.

    Raises TorchError for what has no counterpart (``%b``, ``%f``, position captures) and for a malformed pattern.
    """
    rest = pattern.removeprefix("^")
    pieces = []
    while rest:
        if rest == "$":
            pieces.append(r"\Z")
            break
        if rest[0] in "()":
            if rest.startswith("()"):
                raise TorchError(f"pattern {pattern!r}: position captures are not supported")
            pieces.append(rest[0])
            rest = rest[1:]
            continue
        if rest[0] == "%" and rest[1:2].isdigit():
            pieces.append(f"(?:\\{rest[1]})")
            rest = rest[2:]
            continue
        item, rest = _item(rest, pattern)
        if rest and rest[0] in _REPEATS:
            item += _REPEATS[rest[0]]
            rest = rest[1:]
        pieces.append(item)
    try:
        return re.compile("".join(pieces), re.DOTALL)
    except re.error as error:
        raise TorchError(f"malformed pattern {pattern!r}: {error}") from None


def _item(rest: str, pattern: str) -> tuple[str, str]:
    """The regular expression for the single character that ``rest`` begins with, and what follows."""
    if rest[0] == ".":
        return ".", rest[1:]
    if rest[0] == "%":
        return _escaped(rest, pattern), rest[2:]
    if rest[0] != "[":
        return re.escape(rest[0]), rest[1:]
    inside = "^" if rest.startswith("[^") else ""
    position = 1 + len(inside)
    first = True
    while first or rest[position : position + 1] != "]":
        first = False
        character = rest[position : position + 1]
        if not character:
            raise TorchError(f"malformed pattern {pattern!r} (missing ']')")
        if character == "%":
            piece = _escaped(rest[position:], pattern)
            # a complement within a set: as the characters that it stands for
            if piece.startswith("[^"):
                piece = "".join(re.escape(chr(code)) for code in range(256) if re.match(piece, chr(code)))
            inside += piece.removeprefix("[").removesuffix("]") if piece.startswith("[") else piece
            position += 2
        elif rest[position + 1 : position + 2] == "-" and rest[position + 2 : position + 3] not in ("", "]"):
            inside += f"{re.escape(character)}-{re.escape(rest[position + 2])}"
            position += 3
        else:
            inside += re.escape(character)
            position += 1
    return f"[{inside}]", rest[position + 1 :]


def _escaped(rest: str, pattern: str) -> str:
    """The regular expression for ``%x`` at the start of ``rest``."""
    letter = rest[1:2]
    if not letter:
        raise TorchError(f"malformed pattern {pattern!r} (ends with '%')")
    if letter.lower() in _CLASSES:
        return f"[{'^' if letter.isupper() else ''}{_CLASSES[letter.lower()]}]"
    if letter in "bf":
        raise TorchError(f"pattern {pattern!r}: %{letter} is not supported")
    return re.escape(letter)
