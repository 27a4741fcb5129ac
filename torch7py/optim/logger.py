"""optim.Logger: a table of figures in a text file, and plots of its columns."""

from __future__ import annotations

import os
import sys
import time

from torch7py import later
from torch7py.classes import TorchObject, register
from torch7py.console import current, file_name, luatype, to_bytes, tostring
from torch7py.errors import TorchError
from torch7py.table import Table

# gnuplot's styles, as matplotlib draws them
_STYLES = {
    "-": {"linestyle": "-"},
    "~": {"linestyle": "-"},
    "+": {"linestyle": "none", "marker": "+"},
    ".": {"linestyle": "none", "marker": "."},
    "+-": {"linestyle": "-", "marker": "+"},
    "|": {"drawstyle": "steps-mid"},
}

_plotted: dict[str, tuple] = {}  # by file, what was plotted last: columns, settings


@register("torch7py.LogFile")
class LogFile:
    """The text file behind a Logger, with the methods of a Lua file."""

    def __init__(self, path: str | None):
        """path: where to write; standard output if None."""
        self._stream = None if path is None else open(file_name(path), "wb")

    def write(self, *texts) -> LogFile:
        text = "".join(tostring(text) for text in texts)
        if self._stream is None:
            current.console.write(text)
        else:
            self._stream.write(to_bytes(text))
        return self

    def flush(self) -> None:
        (self._stream or sys.stdout).flush()

    def close(self) -> bool:
        if self._stream is not None:
            self._stream.close()
        return True


@register("optim.Logger")
class Logger(TorchObject):
    """Writes one row for each :meth:`add`: numbers as ``%11.4e``, a tab after every column.

    filename: the log file; its folder is made. Without one the rows go to standard output.
    timestamp: append the date and time to the file's name.

    ``symbols`` keeps the values by column, ``names`` and ``idx`` the columns' names and numbers.
    """

    figure = None
    plotRawCmd = None
    epsfile = None

    def __init__(self, filename: str | None = None, timestamp: bool = False):
        if filename:
            self.name = filename
            self.epsfile = filename + ".eps"
            os.makedirs(os.path.dirname(file_name(filename)) or ".", exist_ok=True)
            self.file = LogFile(filename + time.strftime("-%Y_%m_%d_%X") if timestamp else filename)
        else:
            self.name = "stdout"
            self.file = LogFile(None)
            current.console.print("<Logger> warning: no path provided, logging to std out")
        self.empty = True
        self.symbols = Table()
        self.styles = Table()
        self.names = Table()
        self.idx = Table()
        self.showPlot = True
        self.defaultStyle = "+"
        self.logscale = False

    def setNames(self, names: Table | list) -> Logger:
        """Name the columns, and write the names as the first row."""
        self.names = _table(names)
        self.empty = False
        self.nsymbols = len(self.names)
        for key, name in self.names.items():
            self._new_column(key)
            self.idx[name] = key
        self._write_row(self.names.values())
        return self

    def add(self, symbols: Table | list | dict) -> None:
        """Write a row: values in the order of the names, or by name (then the first row's keys become the names)."""
        symbols = _table(symbols)
        if self.empty:
            self.empty = False
            self.nsymbols = len(symbols)
            for key in symbols.keys():
                self._new_column(key)
                self.names[key] = key
            self.idx = self.names
            self._write_row(symbols.keys())
        cells = []
        for key, value in symbols.items():
            if key not in self.symbols:
                raise TorchError(f"<Logger> there is no column {tostring(key)}: the columns are {_listed(self.names)}")
            if luatype(value) not in ("number", "string"):
                raise TorchError(f"<Logger> can only log numbers and strings, not a {luatype(value)}")
            cells.append(value if isinstance(value, str) else f"{value:11.4e}")
        self._write_row(cells)
        for key, value in symbols.items():
            self.symbols[key].append(value)

    def _new_column(self, key) -> None:
        self.symbols[key] = Table()
        self.styles[key] = Table([self.defaultStyle])

    def _write_row(self, cells) -> None:
        self.file.write("".join(tostring(cell) + "\t" for cell in cells) + "\n")
        self.file.flush()

    def style(self, symbols: Table | list | dict) -> Logger:
        """Set how columns are plotted: '-', '+', '.', '+-', '~' or '|', or a list of these, for each."""
        for name, style in _table(symbols).items():
            if luatype(style) not in ("string", "table"):
                raise TorchError("<Logger> style should be a string or a table of strings")
            self.styles[name] = Table([style]) if isinstance(style, str) else _table(style)
        return self

    def setlogscale(self, state: bool) -> None:
        """Plot with a logarithmic y axis."""
        self.logscale = state

    def display(self, state: bool) -> None:
        """Whether :meth:`plot` writes a ``.png`` too, in place of the window that Torch7 opened."""
        self.showPlot = state

    def plot(self, *names: str) -> None:
        """Plot the named columns (all by default) into ``NAME.eps`` and ``NAME.png`` beside the log.

        A program that plots the same columns again and again gets new files every half second, and at its end.
        Needs matplotlib; without it, a warning is printed once, as in Torch7 without gnuplot.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            if not getattr(self, "warned", False):
                current.console.print("<Logger> warning: cannot plot without matplotlib (pip install torch7py[plot])")
                self.warned = True
            return
        for name in names:
            if name not in self.idx:
                raise TorchError(f"<Logger> there is no column {name}: the columns are {_listed(self.names)}")
        columns = [self.idx[name] for name in names] if names else list(self.symbols.keys())
        columns = [column for column in columns if len(self.symbols[column]) > 1]
        if columns and self.epsfile is not None:
            wanted = columns, self.showPlot, self.logscale
            again, _plotted[self.epsfile] = _plotted.get(self.epsfile) == wanted, wanted
            later.draw(self.epsfile, lambda: self._draw(Figure(), columns), now=None if again else True)

    def _draw(self, figure, columns: list) -> None:
        """Draw columns with matplotlib, and save the figure."""
        axes = figure.subplots()
        for column in columns:
            values = self.symbols[column].list()
            for style in self.styles[column]:
                drawn = _STYLES.get(style, {})
                axes.plot(range(1, len(values) + 1), values, label=tostring(self.names[column]), **drawn)
        if self.logscale:
            axes.set_yscale("log")
        axes.grid(True)
        axes.legend(framealpha=1)  # PostScript knows no transparency
        axes.set_title(f"<Logger::{self.name}>")
        figure.savefig(file_name(self.epsfile))
        if self.showPlot:
            figure.savefig(file_name(self.name + ".png"))


def _table(values: Table | list | dict) -> Table:
    return values if isinstance(values, Table) else Table(values)


def _listed(names: Table) -> str:
    return ", ".join(tostring(name) for name in names.values())
