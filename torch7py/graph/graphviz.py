"""Layouts and drawings, by graphviz's program ``dot``."""

from __future__ import annotations

import os
import shutil
import subprocess

import torch

from torch7py.console import file_name, to_bytes
from torch7py.errors import TorchError
from torch7py.graph.structure import Graph
from torch7py.graph.text import escape as _dotEscape
from torch7py.tensor import types

__all__ = ["_dotEscape", "dot", "graphvizFile", "graphvizLayout"]


def dot(g: Graph, title: str | None = None, fname: str | None = None) -> None:
    """Write ``fname.dot`` and a drawing ``fname.svg``.

    Raises:
        TorchError: no ``fname`` is given (there is no window to show the drawing in), or graphviz is not installed;
            ``fname.dot`` is written even then.
    """
    if fname is None:
        raise TorchError("graph.dot(g, title, fname): there is no window here, give a file name")
    draw(g.todot(title), fname)


def draw(text: str, fname: str) -> None:
    """Write a graph in graphviz's language to ``fname.dot``, and its drawing to ``fname.svg``; see :func:`dot`."""
    _write(f"{fname}.dot", to_bytes(text))
    try:
        laid_out, drawing = _graphviz(text, "dot", "dot"), _graphviz(text, "dot", "svg")
    except FileNotFoundError as error:
        raise TorchError(f"wrote {fname}.dot, but no {fname}.svg: {error}") from None
    _write(f"{fname}.dot", laid_out)
    _write(f"{fname}.svg", drawing)


def graphvizFile(g: Graph, algorithm: str | None, fname: str) -> None:
    """Draw a graph in the format that ``fname`` ends in: ``.svg``, ``.png``, ``.pdf``, ``.dot``, ...

    ``algorithm`` is graphviz's name of a layout (``'dot'`` unless given, ``'neato'``, ``'circo'``, ...).
    """
    ending = os.path.splitext(fname)[1][1:]
    if not ending:
        raise TorchError(f"graph.graphvizFile: '{fname}' does not end in a format such as .svg")
    _write(fname, _drawn(g.todot(), algorithm, ending))


def graphvizLayout(g: Graph, algorithm: str | None = None) -> torch.Tensor:
    """Where graphviz would put the nodes: n x 2, the coordinates of each between 0 and 1."""
    positions = torch.zeros(len(g.nodes), 2, dtype=types.default.dtype)
    width = height = 1.0
    for line in _drawn(g.todot(), algorithm, "plain").decode("utf-8").splitlines():
        kind, *words = line.split(" ", 4)
        if kind == "graph":
            width, height = float(words[1]), float(words[2])
        elif kind == "node":
            positions[int(words[0][1:]) - 1] = torch.tensor([float(words[1]) / width, float(words[2]) / height])
    return positions


def _write(fname: str, content: bytes) -> None:
    with open(file_name(fname), "wb") as file:
        file.write(content)


def _drawn(text: str, algorithm: str | None, kind: str) -> bytes:
    try:
        return _graphviz(text, algorithm or "dot", kind)
    except FileNotFoundError as error:
        raise TorchError(str(error)) from None


def _graphviz(text: str, algorithm: str, kind: str) -> bytes:
    """What graphviz makes of a graph in its language.

    Raises:
        FileNotFoundError: graphviz is not installed.
    """
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError("graphviz could not be found; install it (its program dot must be on the PATH)")
    ran = subprocess.run([program, f"-K{algorithm}", f"-T{kind}"], input=to_bytes(text), capture_output=True)
    if ran.returncode:
        raise TorchError(f"graphviz failed: {ran.stderr.decode('utf-8', 'replace').strip()}")
    return ran.stdout
