"""Lua libraries that were C, on what Python has: their names and results are Lua's, so they are of no use but there."""
