"""A network as a tree, with the paths of its modules."""

from __future__ import annotations

from collections.abc import Iterator

from .module import Module


def named_modules(network, path: str = "") -> Iterator[tuple[str, object]]:
    """All modules inside a network and then itself, each with its path: positions from 1, with points between.

    What a file holds in a module's place, an object of an unknown class, is given out as it is.
    """
    for position, module in enumerate(network._children() if isinstance(network, Module) else (), 1):
        yield from named_modules(module, f"{path}.{position}" if path else str(position))
    yield path, network
