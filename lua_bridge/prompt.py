"""The interactive prompt of ``th``: reads Lua, prints values, keeps a history and completes names."""

from __future__ import annotations

import os
import re
import subprocess

from lua_bridge.errors import LuaError
from lua_bridge.runtime import LuaTorch

HISTORY = "~/.torch7py_history"
BANNER = "torch7py {version}: Torch7 on PyTorch {torch}. Values are printed; Ctrl-D leaves."


def complete_names(lua: LuaTorch, text: str) -> list[str]:
    """The names that begin with ``text``, a global's name or a path like ``torch.ra`` or ``net:for``."""
    path, separator, start = re.match(r"(?:(.*)([.:]))?([^.:]*)$", text).groups()
    found = lua.call(lua.names_in, path or "")
    prefix = f"{path}{separator}" if path else ""
    return sorted({prefix + name for name in found if isinstance(name, str) and name.startswith(start)})


def set_up_readline(lua: LuaTorch) -> None:
    """History and completion, where Python has readline."""
    try:
        import atexit
        import readline
    except ImportError:
        return
    path = os.path.expanduser(HISTORY)
    try:
        readline.read_history_file(path)
    except OSError:
        pass  # no history yet
    readline.set_history_length(10000)
    atexit.register(_save_history, readline, path)
    matches: list[str] = []

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            matches[:] = complete_names(lua, text)
        return matches[state] if state < len(matches) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n`~!@#$%^&*()-=+[{]}\\|;'\",<>/?")
    readline.parse_and_bind("tab: complete")


def _save_history(readline, path: str) -> None:
    try:
        readline.write_history_file(path)
    except OSError:
        pass  # a read-only home is no reason to complain on leaving


def compile_line(lua: LuaTorch, code: str):
    """The function that a line stands for, an expression or statements; None if it goes on in the next line.

    Raises:
        LuaError: a syntax error.
    """
    expression = code.lstrip().removeprefix("=")
    # not `return expression`: a tail call would leave no line for an error's position
    for candidate in (f"return (function(...) return ... end)({expression}\n)", code):
        try:
            return lua.compile(candidate, name="=stdin")
        except LuaError as error:
            failure = error
    if failure.message.endswith("'<eof>'"):
        return None
    raise failure


def prompt(lua: LuaTorch) -> None:
    """Read, run, print, until the end of input."""
    import torch

    from torch7py.version import __version__

    print(BANNER.format(version=__version__, torch=torch.__version__))
    set_up_readline(lua)
    code = ""
    while True:
        try:
            line = input("...> " if code else "th> ")
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            code = ""
            continue
        if not code and line.lstrip().startswith("$"):
            subprocess.run(line.lstrip()[1:], shell=True, check=False)
            continue
        code = f"{code}\n{line}" if code else line
        if not code.strip():
            code = ""
            continue
        try:
            function = compile_line(lua, code.encode("utf-8", "surrogateescape").decode("latin-1"))
            if function is None:
                continue
            lua.call(lua.print_results, function)
        except LuaError as error:
            print(error.message)
            if error.tracebacks():
                print(error.tracebacks())
        except KeyboardInterrupt:
            print("interrupted")
        code = ""
