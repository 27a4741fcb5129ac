"""Torch7's ``nngraph``: networks as graphs of modules.

A module called without arguments makes a :class:`Node`; called with a node or a list of nodes, one that takes their
outputs. ``nn.gModule(inputs, outputs)`` is the network between them::

    x, h = nn.Identity()(), nn.Identity()()
    sum = nn.CAddTable()([nn.Linear(10, 20)(x), nn.Linear(20, 20)(h)])
    net = nn.gModule([x, h], [nn.Tanh()(sum)])

Importing this package teaches modules these calls, and adds gModule and ModuleFromCriterion to ``nn``.
"""

from torch7py import nn
from torch7py.nngraph import calls, simple_print
from torch7py.nngraph.calls import node_of
from torch7py.nngraph.debugging import annotateNodes, display, setDebug
from torch7py.nngraph.elements import JustElement, JustTable, ModuleFromCriterion
from torch7py.nngraph.gmodule import gModule
from torch7py.nngraph.nest import nest
from torch7py.nngraph.node import Node

nn.gModule, nn.ModuleFromCriterion = gModule, ModuleFromCriterion
calls.install()

__all__ = [
    "JustElement",
    "JustTable",
    "ModuleFromCriterion",
    "Node",
    "annotateNodes",
    "display",
    "gModule",
    "nest",
    "node_of",
    "setDebug",
    "simple_print",
]
