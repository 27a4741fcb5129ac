"""``torch7py``: its subcommands."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

import torch

from torch7py.version import __version__

COMMANDS = {  # name -> module and function, what it does
    "th": ("lua_bridge.cli", "main", "run a Torch7 program, as th does by itself"),
    "check": ("lua_bridge.check.command", "main", "run a Lua program and its Python port side by side"),
    "show": ("lua_bridge.models", "show", "tell what a .t7 file holds"),
    "convert": ("lua_bridge.models", "convert_file", "convert the network in a .t7 file to plain PyTorch"),
}


def main(words: list[str] | None = None) -> int:
    """Run the command line ``words`` (by default the process's own) and return the exit status."""
    words = sys.argv[1:] if words is None else words
    if words and words[0] in COMMANDS:
        module, function, _ = COMMANDS[words[0]]
        return getattr(import_module(module), function)(words[1:])
    parser = argparse.ArgumentParser(
        prog="torch7py",
        description="Torch7 on modern PyTorch.",
        usage="torch7py COMMAND ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands (each with a --help of its own):\n"
        + "\n".join(f"  {name:10}{words}" for name, (*_, words) in COMMANDS.items()),
    )
    parser.add_argument("--version", action="version", version=f"torch7py {__version__} (PyTorch {torch.__version__})")
    parser.parse_args(words)
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
