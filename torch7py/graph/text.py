"""Pieces of graphviz's language."""

from __future__ import annotations

import re

from torch7py.console import tostring
from torch7py.table import Table


def escape(text: str) -> str:
    """``text`` as a word of graphviz's: in quotes unless it is letters only."""
    if re.fullmatch("[a-zA-Z]*", text):
        return text
    return '"' + text.replace("\n", "\\n").replace('"', '\\"') + '"'


def attributes(table: Table) -> str:
    """`` color=red shape=box`` from a Table of attributes."""
    return " " + " ".join(f"{key}={escape(tostring(table[key]))}" for key in sorted(table.keys(), key=str))
