"""Porting checks: a Lua program and its Python port side by side."""
