"""Values named for a porting check: the same call stands in the original and in its port.

While ``torch7py check`` runs a program, ``probe`` has the two programs' values compared; else it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["probe"]

listener: Callable[[str, object], None] | None = None  # set by the check that runs this program


def probe(name: str, value) -> None:
    """Compare ``value`` (a number, string, tensor, or a table of these) with the other program's of this name."""
    if listener is not None:
        listener(name, value)
