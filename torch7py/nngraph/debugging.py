"""Finding out what is wrong with a network: names of nodes, and drawings."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading

from torch7py import graph
from torch7py.console import file_name
from torch7py.errors import TorchError
from torch7py.graph.graphviz import draw
from torch7py.nngraph.node import Node

__all__ = ["annotateNodes", "display", "name_node", "setDebug"]


class _Debug(threading.local):
    enabled = False


_debug = _Debug()


def setDebug(enable: bool) -> None:
    """Whether an error in a gModule is to leave a drawing of the graph with the faulty node in red.

    The drawing is ``NAME.svg`` (and ``NAME.dot``), after the gModule's field ``name`` or the numbers of its inputs and
    outputs.
    """
    _debug.enabled = bool(enable)


def enabled() -> bool:
    """What :func:`setDebug` was told."""
    return _debug.enabled


def draw_failure(net, node: Node) -> None:
    """Draw the network with this node in red."""
    path = net.name or f"nngraph_{net.nInputs or len(net.innode.children)}in_{len(net.outnode.children)}out"
    if os.path.exists(file_name(path) + ".svg"):
        path += "_" + os.path.basename(tempfile.mktemp(prefix="lua_"))
    text = net.fg.todot(path)
    red = next((other.id for other in net.fg.nodes if other.data is node.data), None)
    if red is not None:
        text = text.removesuffix("}") + f"n{red}[style=filled, fillcolor=red];\n}}"
    print(f"saving {path}.svg", file=sys.stderr)
    try:
        draw(text, path)
    except TorchError as error:
        print(error, file=sys.stderr)


def annotateNodes() -> None:
    """Name the nodes in the caller's local variables after these; a name that was given before stays."""
    for name, value in sys._getframe(1).f_locals.items():
        name_node(value, name)


def name_node(value, name: str) -> None:
    """Annotate ``value`` with ``name`` if it is a node without one."""
    if isinstance(value, Node) and value.data["annotations"]["name"] is None:
        value.annotate(name=name)


def display(gmodule) -> None:
    """Show a drawing of the network in the system's viewer."""
    path = os.path.join(tempfile.mkdtemp(), "graph")
    graph.dot(gmodule.fg, gmodule.name, path)
    viewer = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.run([viewer, path + ".svg"], check=False)
    except FileNotFoundError:
        raise TorchError(f"nngraph.display needs the program {viewer} to show {path}.svg") from None
