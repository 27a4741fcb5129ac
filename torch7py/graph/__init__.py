"""Torch7's ``graph``: directed graphs, the ways through them, and drawings of them by graphviz."""

from torch7py.graph.graphviz import _dotEscape, dot, graphvizFile, graphvizLayout
from torch7py.graph.structure import Edge, Graph, Node

__all__ = ["Edge", "Graph", "Node", "_dotEscape", "dot", "graphvizFile", "graphvizLayout"]
