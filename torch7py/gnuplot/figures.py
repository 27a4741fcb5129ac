"""Figures: which is current, what is on it, and where it is shown or saved."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch7py import later
from torch7py.console import current as output
from torch7py.console import file_name, tostring
from torch7py.errors import TorchError
from torch7py.showing import in_notebook, show, write

_DPI = 100
_SIZE = (640, 480)  # in pixels


@dataclass
class Settings:
    """What stays from one plot of a figure to the next."""

    title: str = ""
    labels: dict[str, str] = field(default_factory=dict)  # by axis: x, y, z
    ranges: dict[str, tuple] = field(default_factory=dict)  # by axis: lowest and highest, None where it is free
    tics: dict[str, dict] = field(default_factory=dict)  # by axis: Ticks for matplotlib
    log: str = ""  # the axes that are logarithmic
    grid: bool = False
    legend: str | None = "upper right"  # where; None for nowhere
    aspect: str | float | None = None  # 'equal' for pixels as data, a number for height / width of the plot

    def copy(self) -> Settings:
        return replace(self, labels=dict(self.labels), ranges=dict(self.ranges), tics=dict(self.tics))


@dataclass
class Panel:
    """One plot."""

    draw: Callable  # draws it on matplotlib's axes
    solid: bool  # whether these span a space
    settings: Settings | None  # None for the figure's


class Figure:
    """A figure with one plot, or in gnuplot's multiplot mode with many."""

    def __init__(self, number: int):
        self.number = number
        self.path: str | None = None  # the file that was asked for; without one the figure is for the screen
        self.format = "png"
        self.settings = Settings()
        self.multiplot = False  # whether the next plot gets a place of its own
        self.layout = (1, 1)  # rows and columns of plots
        self._panels: list[Panel] = []
        self._canvas = _matplotlib_figure()

    def add(self, draw: Callable, solid: bool = False) -> None:
        """Put a plot on the figure: the next one of a multiplot, else in place of the last one."""
        if self.multiplot:
            self._panels.append(Panel(draw, solid, self.settings.copy()))
        else:
            self._panels, self.layout = [Panel(draw, solid, None)], (1, 1)
        self.changed()

    def clear(self) -> None:
        self._panels = []

    def changed(self) -> None:
        """Something is new. For the screen it is drawn at once, if that was not just done; else later."""
        later.draw(self, self._draw, now=True if in_notebook() else None if self.path is None else False)

    def refresh(self) -> None:
        """Draw anew, into the file or for the screen."""
        later.draw(self, self._draw, now=True)

    def _draw(self) -> None:
        if self.path is not None:
            self.save(self.path, self.format, _SIZE)
        elif self._panels:
            show(self._drawn("png", _SIZE), f"gnuplot-{self.number}.png", f"figure {self.number}")

    def save(self, path: str, format: str, size: tuple[int, int]) -> None:
        """Write the figure to a file."""
        if self._panels:
            write(path, self._drawn(format, size))

    def _drawn(self, format: str, size: tuple[int, int]) -> bytes:
        canvas = self._canvas(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI, layout="constrained")
        rows, columns = self.layout
        for place, panel in enumerate(self._panels[: rows * columns], 1):
            axes = canvas.add_subplot(rows, columns, place, projection="3d" if panel.solid else None)
            panel.draw(axes)
            _apply(panel.settings or self.settings, axes, panel.solid)
        file = io.BytesIO()
        try:
            canvas.savefig(file, format=format)
        except ValueError as error:
            raise TorchError(f"gnuplot: cannot draw figure {self.number}: {error}") from error
        return file.getvalue()


def _matplotlib_figure() -> type:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise TorchError("gnuplot needs matplotlib: pip install torch7py[plot]") from None
    return Figure


def _apply(settings: Settings, axes, solid: bool) -> None:
    """Settings on matplotlib's axes."""
    names = "xyz" if solid else "xy"
    axes.set_title(settings.title)
    for name in names:
        if name in settings.labels:
            getattr(axes, f"set_{name}label")(settings.labels[name])
        if name in settings.log:
            getattr(axes, f"set_{name}scale")("log")
        low, high = settings.ranges.get(name, (None, None))
        if low is not None or high is not None:
            getattr(axes, f"set_{name}lim")(low, high)
        if name in settings.tics:
            _set_tics(axes, name, **settings.tics[name])
    if settings.grid:
        axes.grid(True, color="#d0d0d0", linewidth=0.6)
        axes.set_axisbelow(True)
    elif solid:
        axes.grid(False)
    if settings.legend and axes.get_legend_handles_labels()[0]:
        axes.legend(loc=settings.legend, framealpha=1)  # PostScript knows no transparency
    if settings.aspect == "equal":
        axes.set_aspect("equal")
    elif settings.aspect is not None and not solid:
        axes.set_box_aspect(settings.aspect)


def _set_tics(axes, name: str, places=None, step=None, rotation=None, hidden=False) -> None:
    """Tics of one axis: at ``places`` (pairs of a text and a number), or every ``step``; turned; or none."""
    from matplotlib.ticker import MultipleLocator

    if hidden:
        getattr(axes, f"set_{name}ticks")([])
    elif places is not None:
        getattr(axes, f"set_{name}ticks")([place for _, place in places], [text for text, _ in places])
    elif step is not None:
        getattr(axes, f"{name}axis").set_major_locator(MultipleLocator(step))
    if rotation is not None:
        axes.tick_params(axis=name, labelrotation=rotation)


# The figures ------------------------------------------------------------------------------------------------------

_figures: dict[int, Figure] = {}
_current: int | None = None


def _select(n=None) -> Figure:
    """The figure of that number, or a new one; it becomes the current one."""
    global _current
    later.finish()
    if n is None:
        n = 1
        while n in _figures:
            n += 1
    n = int(n)
    _current = n
    return _figures.setdefault(n, Figure(n))


def current() -> Figure:
    """The current figure, a new one if there is none."""
    return _select() if _current is None else _figures[_current]


def figure(n: int | None = None, config=None) -> int:
    """Make figure ``n`` the current one, or a new one; returns its number. config: had a meaning for windows."""
    return _select(n).number


def plotflush(n: int | None = None) -> None:
    """Write figure ``n`` (the current one by default) to its file."""
    n = _current if n is None else int(n)
    if n not in _figures:
        output.console.print(f"no figure {tostring(n)}")
    else:
        _figures[n].refresh()


def close(n: int | None = None) -> None:
    """Write figure ``n`` (the current one by default), and forget it."""
    global _current
    n = _current if n is None else int(n)
    if n in _figures:
        _figures[n].refresh()
        del _figures[n]
        _current = None


def closeall() -> None:
    """Close all figures."""
    for n in list(_figures):
        close(n)


def _file_figure(path: str, format: str, n: int | None) -> int:
    if not os.path.isdir(os.path.dirname(file_name(path)) or "."):
        raise TorchError(f"cannot save to {path}: directory does not exist")
    chosen = _select(n)
    chosen.path, chosen.format = path, format
    return chosen.number


def pngfigure(fname: str, n: int | None = None) -> int:
    """A figure (number ``n``) that is written to a PNG file by :func:`plotflush`; returns its number."""
    return _file_figure(fname, "png", n)


def svgfigure(fname: str, n: int | None = None) -> int:
    """As :func:`pngfigure`, to an SVG file."""
    return _file_figure(fname, "svg", n)


def epsfigure(fname: str, n: int | None = None) -> int:
    """As :func:`pngfigure`, to an EPS file."""
    return _file_figure(fname, "eps", n)


def pdffigure(fname: str, n: int | None = None) -> int:
    """As :func:`pngfigure`, to a PDF file."""
    return _file_figure(fname, "pdf", n)


def figprint(fname: str) -> None:
    """Write the current figure to a .png, .eps, .pdf or .svg file."""
    format = fname.rpartition(".")[2]
    if format not in ("eps", "png", "pdf", "svg"):
        raise TorchError(f"only eps, png, pdf and svg for figprint, not {fname}")
    current().save(fname, format, (1024, 768))
