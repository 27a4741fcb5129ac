"""gnuplot.raw: the part of gnuplot's own language that is understood here."""

from __future__ import annotations

import re

import numpy

from torch7py import later
from torch7py.console import current as output
from torch7py.console import file_name
from torch7py.errors import TorchError

from . import figures, styles
from .labels import _PLACES as PLACES

_STRING = r"""(?:"([^"]*)"|'([^']*)')"""
_told: set[str] = set()


def setgnuplotexe(exe: str) -> None:
    """Told Torch7 where gnuplot is; nothing needs it here."""


def setterm(term: str) -> None:
    """Chose gnuplot's kind of window; there is but one way to show a figure here."""


def raw(commands: str) -> None:
    """Do commands of gnuplot's language, one in a line or with semicolons between them.

    Known are ``plot`` of files, ``replot``, ``refresh``, ``clear``, and ``set`` and ``unset`` of title, xlabel, ylabel,
    zlabel, xrange, yrange, zrange, xtics, ytics, ztics, logscale, grid, key, size ratio, autoscale, output, terminal
    and multiplot layout. Any other is told by a printed line, and left out.
    """
    for command in re.findall(r"""(?:"[^"]*"|'[^']*'|[^;\n"'])+""", commands):
        command = command.strip()
        if command and not command.startswith("#") and not _do(command.split()[0], command) and command not in _told:
            _told.add(command)
            output.console.print(f"gnuplot.raw: there is no gnuplot here, this is left out: {command}")


def _do(verb: str, command: str) -> bool:
    """Do one command; False if it is not known."""
    figure = figures.current()
    rest = command[len(verb) :].strip()
    if verb in ("set", "unset"):
        name, _, value = rest.partition(" ")
        setter = _SETTERS.get(name)
        return setter is not None and setter(figure, value.strip() if verb == "set" else None) is not False
    if verb in ("replot", "refresh", "rep"):
        figure.refresh()
    elif verb in ("clear", "reset"):
        figure.clear()
        figure.settings = figures.Settings()
    elif verb in ("plot", "p", "pl"):
        return _plot_files(figure, rest)
    else:
        return False
    return True


# set, unset: each takes the figure and the text behind, None for unset; False if it does not understand ---------------


def _text(value: str | None) -> str:
    found = re.match(_STRING, value or "")
    return (found[1] or found[2] or "") if found else value or ""


def _set_title(figure, value) -> None:
    figure.settings.title = styles.caption(_text(value))


def _set_label(axis: str):
    def setter(figure, value) -> None:
        figure.settings.labels[axis] = styles.caption(_text(value))

    return setter


def _set_range(axis: str):
    def setter(figure, value) -> bool | None:
        found = re.match(r"\[\s*([^:\s]*)\s*:\s*([^:\]\s]*)\s*\]\s*(reverse)?", value or "[:]")
        try:
            low, high = (None if end in ("", "*") else float(end) for end in found.groups()[:2])
        except (AttributeError, ValueError):
            return False
        figure.settings.ranges[axis] = (high, low) if found[3] and None not in (low, high) else (low, high)

    return setter


def _set_tics(axis: str):
    def setter(figure, value) -> bool | None:
        settings: dict = {}
        if value is None:
            settings["hidden"] = True
        elif value.startswith("("):
            places = re.findall(_STRING + r"\s+([-+.\deE]+)", value)
            settings["places"] = [(styles.caption(double or single), float(place)) for double, single, place in places]
        elif found := re.match(r"[.\deE]+$", value):
            settings["step"] = float(found[0])
        elif value and not value.startswith("rotate"):
            return False
        if found := re.search(r"rotate(?:\s+by\s+([-+.\d]+))?", value or ""):
            settings["rotation"] = float(found[1] or 90)
        figure.settings.tics[axis] = settings

    return setter


def _set_log(figure, value) -> None:
    axes = (value.split() or ["xyz"])[0] if value is not None else ""
    figure.settings.log = "".join(sorted(set(figure.settings.log) | set(axes))) if value is not None else ""


def _set_grid(figure, value) -> None:
    figure.settings.grid = value is not None


def _set_key(figure, value) -> None:
    if value is None or value == "off":
        figure.settings.legend = None
        return
    across = next((word for word in ("left", "center", "right") if word in value), "right")
    down = next((word for word in ("top", "middle", "bottom") if word in value), "top")
    figure.settings.legend = PLACES[across, down]


def _set_size(figure, value) -> bool | None:
    if value is None or "noratio" in value or "nosquare" in value:
        figure.settings.aspect = None
    elif "square" in value:
        figure.settings.aspect = 1
    elif found := re.match(r"ratio\s+(-?[.\d]+)", value):
        figure.settings.aspect = float(found[1]) if float(found[1]) > 0 else "equal"
    else:
        return False


def _set_autoscale(figure, value) -> None:
    figure.settings.ranges.clear()


def _set_output(figure, value) -> None:
    later.finish()
    figure.path = _text(value) or None


def _set_terminal(figure, value) -> None:
    kinds = {"png": "png", "postscript": "eps", "eps": "eps", "pdf": "pdf", "svg": "svg"}
    figure.format = next((format for kind, format in kinds.items() if (value or "").startswith(kind)), "png")


def _set_multiplot(figure, value) -> bool | None:
    if value is None:
        figure.refresh()
        figure.multiplot = False
        return None
    found = re.search(r"layout\s+(\d+)\s*,\s*(\d+)", value)
    if not found:
        return False
    figure.clear()
    figure.multiplot, figure.layout = True, (int(found[1]), int(found[2]))


_SETTERS = {
    "title": _set_title,
    "logscale": _set_log,
    "log": _set_log,
    "grid": _set_grid,
    "key": _set_key,
    "size": _set_size,
    "autoscale": _set_autoscale,
    "output": _set_output,
    "terminal": _set_terminal,
    "term": _set_terminal,
    "multiplot": _set_multiplot,
}
for _axis in "xyz":
    _SETTERS[f"{_axis}label"] = _set_label(_axis)
    _SETTERS[f"{_axis}range"] = _set_range(_axis)
    _SETTERS[f"{_axis}tics"] = _set_tics(_axis)


# plot 'file' using 1:2 title 'name' with lines, ... -------------------------------------------------------------------

_USING = r"(?:\s+(?:using|u)\s+(\d+)(?::(\d+))?(?::(\d+))?)?"
_SERIES = re.compile(_STRING + _USING + r"((?:\s+[^,\"'\s]+|\s+" + _STRING + r")*)$")


def _plot_files(figure, text: str) -> bool:
    drawn = []
    for item in re.findall(r"""(?:"[^"]*"|'[^']*'|[^,"'])+""", text):
        found = _SERIES.match(item.strip())
        if not found:
            return False
        path = found[1] or found[2]
        rows = _read_table(path)
        columns = [int(column) - 1 for column in found.groups()[2:5] if column]
        if not columns:
            columns = [0, 1] if rows.shape[1] > 1 else [0]
        if max(columns) >= rows.shape[1]:
            raise TorchError(f"gnuplot: {path} has {rows.shape[1]} columns, not {max(columns) + 1}")
        values = [rows[:, column] for column in columns]
        x = values.pop(0) if len(values) > 1 else numpy.arange(len(rows))
        title = re.search(r"\b(?:title|t)\s+" + _STRING, found[6])
        legend = (title[1] or title[2] or "") if title else "" if "notitle" in found[6] else path
        style = re.search(r"\b(?:with|w)\s.*", re.sub(r"\b(?:title|t)\s+" + _STRING + r"|\bnotitle\b", "", found[6]))
        y = values[0] if len(values) == 1 else numpy.stack(values, 1)
        drawn.append((legend, x, y, styles.parse(style[0] if style else "+")))

    def draw(axes) -> None:
        for series in drawn:
            styles.draw(axes, *series)

    figure.add(draw)
    return True


def _read_table(path: str) -> numpy.ndarray:
    """The numbers in the lines of a text file."""
    try:
        rows = numpy.loadtxt(file_name(path), ndmin=2)
    except OSError as error:
        raise TorchError(f"gnuplot: {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise TorchError(f"gnuplot: {path} is no table of numbers: {error}") from error
    if rows.size == 0:
        raise TorchError(f"gnuplot: {path} has no numbers")
    return rows
