"""Torch7's gnuplot, drawn by matplotlib: lines, histograms, surfaces, images, in files or for the screen.

A figure for a file is written by ``plotflush``, when it is closed or another one is begun, and at the program's end.
What Torch7 showed in a window goes to a file ``gnuplot-N.png`` that is kept up to date, or under a notebook's cell.
"""

from torch7py.gnuplot.commands import raw, setgnuplotexe, setterm
from torch7py.gnuplot.figures import (
    close,
    closeall,
    epsfigure,
    figprint,
    figure,
    pdffigure,
    plotflush,
    pngfigure,
    svgfigure,
)
from torch7py.gnuplot.histograms import bar, hist, histc
from torch7py.gnuplot.labels import axis, grid, logscale, movelegend, title, xlabel, ylabel, zlabel
from torch7py.gnuplot.plots import imagesc, plot, scatter3, splot

__all__ = [
    "axis",
    "bar",
    "close",
    "closeall",
    "epsfigure",
    "figprint",
    "figure",
    "grid",
    "hist",
    "histc",
    "imagesc",
    "logscale",
    "movelegend",
    "pdffigure",
    "plot",
    "plotflush",
    "pngfigure",
    "raw",
    "scatter3",
    "setgnuplotexe",
    "setterm",
    "splot",
    "svgfigure",
    "title",
    "xlabel",
    "ylabel",
    "zlabel",
]
