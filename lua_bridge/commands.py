"""``torch7py``: what is installed, and the way to ``th``."""

from __future__ import annotations

import argparse
import sys

import torch

from lua_bridge import cli
from torch7py.version import __version__


def main(words: list[str] | None = None) -> int:
    """Run the command line ``words`` (by default the process's own) and return the exit status."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["th"]:
        return cli.main(words[1:])
    parser = argparse.ArgumentParser(
        prog="torch7py",
        description="Torch7 on modern PyTorch.",
        epilog="torch7py th SCRIPT.lua [ARGUMENT...] runs a Torch7 program, as does th by itself.",
    )
    parser.add_argument("--version", action="version", version=f"torch7py {__version__} (PyTorch {torch.__version__})")
    parser.parse_args(words)
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
