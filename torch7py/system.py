"""Torch7's sys: time, shell commands, colours for a terminal."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time

from torch7py import paths
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.patterns import search

__all__ = [
    "COLORS",
    "OS",
    "clock",
    "concat",
    "dirname",
    "execute",
    "fexecute",
    "fpath",
    "isNaN",
    "la",
    "ll",
    "lla",
    "ls",
    "prefix",
    "sleep",
    "split",
    "tic",
    "toc",
    "uname",
    "usleep",
]

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

# name: normal, Name: bold, _name: background
COLORS = {"none": "\x1b[0m"}
for _number, _name in enumerate(_NAMES):
    COLORS[_name] = f"\x1b[0;3{_number}m"
    COLORS[_name.capitalize()] = f"\x1b[1;3{_number}m"
    COLORS["_" + _name] = f"\x1b[4{_number}m"

concat = paths.concat
dirname = paths.dirname
prefix = ""  # where the Lua interpreter was installed: nowhere

_SPACES = " \t\n\v\f\r"


def clock() -> float:
    """Seconds since 1970."""
    return time.time()


def usleep(microseconds: float = 1) -> int:
    """Wait."""
    time.sleep(int(microseconds) / 1e6)
    return 1


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


_started = time.time()


def tic() -> None:
    """Start the stopwatch that :func:`toc` reads."""
    global _started
    _started = clock()


def toc(verbose: bool = False) -> float:
    """Seconds since :func:`tic`; printed too if ``verbose``."""
    passed = clock() - _started
    if verbose:
        current.console.print(passed)
    return passed


def execute(command: str) -> str:
    """Run a shell command; return what it printed, errors too, without white space around it."""
    sys.stdout.flush()
    done = subprocess.run(f"{command} 2>&1", shell=True, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("utf-8", "surrogateescape").strip(_SPACES)


def fexecute(command: str, what: str = "*all") -> str:
    """As :func:`execute`, through a file: of several commands, only the last one's output.

    what: which part of the output: '*all' or '*line', the first.
    """
    sys.stdout.flush()
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(f"{command} >{shlex.quote(file.name)} 2>&1", shell=True, check=False)
        output = file.read().decode("utf-8", "surrogateescape")
    if what.lstrip("*").startswith("l"):
        output = output.partition("\n")[0]
    return output.strip(_SPACES)


def uname() -> str:
    """'linux', 'macos', 'windows', or '?'."""
    if sys.platform == "win32":
        return "windows"
    return {"linux": "linux", "darwin": "macos"}.get(sys.platform, "?")


OS = uname()


def ls(path: str = "") -> str:
    """What the shell's ``ls`` prints."""
    return execute(f"ls {path}")


def ll(path: str = "") -> str:
    """What the shell's ``ls -l`` prints."""
    return execute(f"ls -l {path}")


def la(path: str = "") -> str:
    """What the shell's ``ls -a`` prints."""
    return execute(f"ls -a {path}")


def lla(path: str = "") -> str:
    """What the shell's ``ls -la`` prints."""
    return execute(f"ls -la {path}")


def fpath() -> tuple[str, str]:
    """Directory and name of the Python file that calls this."""
    file = paths.thisfile(None, 2) or ""
    return dirname(file), paths.basename(file)


def split(text: str, pattern: str) -> list[str]:
    """The parts of ``text`` between matches of a Lua pattern; an empty one at either end is left out."""
    parts = []
    position = 0
    while match := search(pattern, text, position):
        if match.end() == match.start():
            raise TorchError(f"sys.split: the pattern {pattern!r} matches between any two characters")
        if match.start() > 0:
            parts.append(text[position : match.start()])
        position = match.end()
    if position < len(text):
        parts.append(text[position:])
    return parts


def isNaN(value) -> bool:
    """Is this the number that differs from itself?"""
    return value != value
