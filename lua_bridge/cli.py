"""``th``: runs Torch7 programs, as the original's interpreter of that name did."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from lua_bridge.errors import LuaError
from lua_bridge.interrupt import stop_on_interrupt

if TYPE_CHECKING:
    from lua_bridge.runtime import LuaTorch

USAGE = """usage: th [options] [script.lua [arguments]]

  -e CODE   run CODE before the script
  -l NAME   require package NAME before the script
  -i        go on at the prompt after the script
  -g        tell when a global variable is made, or read where there is none; -gg: raise an error
  --cuda=cpu  run on the CPU what was written for a GPU: CUDA types are those of the CPU
  -h        show this help
  -v        show the version

Without a script and without -e, th reads Lua from the prompt, or from standard input if that is not a terminal;
the script name - stands for standard input as well.
"""


class UsageError(Exception):
    pass


class Options:
    """The command line, taken apart."""

    def __init__(self, arguments: list[str]):
        self.before: list[tuple[str, str]] = []  # ('-e', code) and ('-l', package), in order
        self.interactive = self.help = self.version = False
        self.globals = ""
        self.cuda: str | None = None
        rest = list(arguments)
        while rest and rest[0].startswith("-") and rest[0] != "-":
            option = rest.pop(0)
            if option == "--":
                break
            if option[:2] in ("-e", "-l"):
                value = option[2:] or (rest.pop(0) if rest else None)
                if value is None:
                    raise UsageError(f"option {option} needs a value")
                self.before.append((option[:2], value))
            elif option in ("-i", "--interactive"):
                self.interactive = True
            elif option in ("-g", "--globals", "-gg", "--gglobals"):
                self.globals = "-gg" if "gg" in option else "-g"
            elif option.startswith("--cuda"):
                if option != "--cuda=cpu":
                    raise UsageError(f"unknown option {option}; known is --cuda=cpu")
                self.cuda = "cpu"
            elif option in ("-h", "--help"):
                self.help = True
            elif option in ("-v", "--version"):
                self.version = True
            else:
                raise UsageError(f"unknown option {option}")
        self.script = rest[0] if rest else None
        self.arguments = rest[1:]


def set_arguments(lua: LuaTorch, options: Options) -> None:
    """The global ``arg``: arguments from 1, the script at 0, ``th`` at -1."""
    arg = lua.eval("{}")
    arg[0] = options.script or "th"
    arg[-1] = "th"
    for position, value in enumerate(options.arguments, 1):
        arg[position] = os.fsencode(value).decode("latin-1")
    lua.globals["arg"] = arg


def run(lua: LuaTorch, options: Options) -> None:
    """Do what the command line asks, short of the prompt."""
    th = lua.load_th()
    set_arguments(lua, options)
    th["complete_globals"]()
    th["draw_as_nn_is_loaded"]()
    if options.script not in (None, "-"):
        th["set_script"](options.script)
    if options.globals:
        th["watch_globals"](options.globals == "-gg")
    startup = os.environ.get("TREPLSTARTUP")
    if startup and options.script is not None:
        lua.dofile(startup)
    for option, value in options.before:
        if option == "-e":
            lua.execute(value, name="=(command line)")
        else:
            load_library(lua, value)
    from_stdin = options.script == "-" or (
        options.script is None and not options.before and not options.interactive and not sys.stdin.isatty()
    )
    if from_stdin:
        lua.execute(sys.stdin.buffer.read().decode("latin-1"), *options.arguments, name="=stdin")
    elif options.script is not None:
        lua.dofile(options.script, *[os.fsencode(value).decode("latin-1") for value in options.arguments])


def load_library(lua: LuaTorch, name: str) -> None:
    """What ``-l`` does: the script runs without a package that can't be loaded, as it did under the original."""
    try:
        lua.require(name)
    except LuaError as error:
        print(f"could not load {name}, skipping\n{error.message}")


def final_exit(status: int | float) -> None:
    """Leave at once, as ``os.exit`` did, with nothing lost: what is to be drawn, and buffers of Python's and of files
    that Lua opened.
    """
    later = sys.modules.get("torch7py.later")
    if later:
        later.finish()
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
    os._exit(int(status) & 255)


def report(error: LuaError) -> None:
    sys.stdout.flush()
    message = error.message.encode("latin-1", "replace").decode("utf-8", "replace")
    print(f"th: {message}", file=sys.stderr)
    if error.tracebacks():
        print(error.tracebacks(), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    if arguments is None and hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `th script.lua | head` ends with head, and without a word
    status = start(sys.argv[1:] if arguments is None else arguments)
    threads = sys.modules.get("lua_bridge.threads")
    if threads and threads.running():  # Python would pull the ground from under them
        final_exit(status)
    return status


def make_runtime(cuda: str | None) -> LuaTorch:
    """A new runtime, and PyTorch loaded, without Python's collector looking through all that time and again."""
    gc.disable()
    from lua_bridge.runtime import LuaTorch
    from torch7py.allocator import keep_freed_memory

    keep_freed_memory()
    lua = LuaTorch(cuda=cuda)
    lua.on_exit = final_exit
    gc.freeze()
    gc.enable()
    return lua


def start(arguments: list[str]) -> int:
    try:
        options = Options(arguments)
    except UsageError as error:
        print(f"th: {error}\n\n{USAGE}", file=sys.stderr, end="")
        return 1
    if options.help:
        print(USAGE, end="")
        return 0
    if options.version:
        from torch7py.version import __version__

        print(f"torch7py {__version__}")
        return 0
    if options.script not in (None, "-") and not os.path.isfile(options.script):
        print(f"th: cannot open {options.script}: no such file", file=sys.stderr)
        return 1
    lua = make_runtime(options.cuda)
    try:
        with stop_on_interrupt():
            run(lua, options)
            if not options.interactive:
                lua.finish()
    except LuaError as error:
        report(error)
        if not options.interactive:
            return 1
    except KeyboardInterrupt:
        print("th: interrupted", file=sys.stderr)
        return 130
    at_prompt = options.script is None and not options.before and sys.stdin.isatty()
    if options.interactive or at_prompt:
        lua.prompt()
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.exit(status)
