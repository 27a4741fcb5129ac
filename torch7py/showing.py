"""Where pictures go that Torch7 would have shown on the screen: under a notebook's cell, else into a file."""

from __future__ import annotations

import sys

from torch7py.console import current, file_name
from torch7py.errors import TorchError

_told: set[str] = set()


def in_notebook() -> bool:
    """Whether this program is a notebook's."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def show(picture: bytes, path: str, title: str) -> None:
    """Show a PNG image.

    picture: the file's content.
    path: the file for it, where there is no notebook; which file that is, is printed when it is first written.
    title: what the user calls the picture.
    """
    first = path not in _told
    _told.add(path)
    if in_notebook():
        ipython = sys.modules["IPython"]
        ipython.display.display(ipython.display.Image(picture), display_id=path, update=not first)
        return
    write(path, picture)
    if first:
        current.console.print(f"{title}: saved as {path}")


def write(path: str, content: bytes) -> None:
    """Write a file; an error names it."""
    try:
        with open(file_name(path), "wb") as file:
            file.write(content)
    except OSError as error:
        raise TorchError(f"cannot write {path}: {error.strerror}") from error
