"""Runs Lua on top of torch7py. The only package that imports lupa."""

from lua_bridge.errors import LuaError
from lua_bridge.runtime import LuaTorch

__all__ = ["LuaError", "LuaTorch"]
