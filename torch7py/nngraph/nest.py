"""Nests of nodes as one node."""

from __future__ import annotations

from torch7py import nn
from torch7py.console import tostring
from torch7py.errors import TorchError
from torch7py.nngraph.calls import node_of
from torch7py.nngraph.elements import JustTable
from torch7py.nngraph.node import Node
from torch7py.table import Table


def nest(*inputs) -> Node:
    """A node whose output has the structure of a nest of nodes: a node, or a list or Table of nests."""
    if len(inputs) > 1:
        raise TorchError("Use {input1, input2} to pass multiple inputs.")
    if not inputs or inputs[0] is None:
        raise TorchError("Pass an input.")
    return _nest(inputs[0])


def _nest(input) -> Node:
    if isinstance(input, Node):
        return input
    if not isinstance(input, (Table, list, tuple)) or len(input) == 0:
        raise TorchError(f"what is this in the nest input? {tostring(input)}")
    parts = list(input)
    if len(parts) == 1:
        return node_of(JustTable(), parts[0])
    return node_of(nn.Identity(), [_nest(part) for part in parts])
