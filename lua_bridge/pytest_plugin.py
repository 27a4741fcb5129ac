"""What pytest finds by itself where torch7py is installed: the fixture ``lua``."""

from __future__ import annotations

import pytest


@pytest.fixture
def lua():
    """A Lua runtime of its own for each test, with ``th``'s world in it."""
    from lua_bridge import LuaTorch  # not before it is needed: it takes PyTorch along

    with LuaTorch() as runtime:
        runtime.load_th()
        yield runtime
