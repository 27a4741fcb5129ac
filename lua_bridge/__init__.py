"""Runs Lua on top of torch7py. The only package that imports lupa."""

from typing import TYPE_CHECKING

from lua_bridge.errors import LuaError

if TYPE_CHECKING:
    from lua_bridge.runtime import LuaTorch

__all__ = ["LuaError", "LuaTorch"]


def __getattr__(name: str):
    """LuaTorch, and PyTorch with it, is loaded when it is asked for: ``th -h`` does without."""
    if name != "LuaTorch":
        raise AttributeError(f"module 'lua_bridge' has no attribute {name!r}")
    from lua_bridge.runtime import LuaTorch

    return LuaTorch
