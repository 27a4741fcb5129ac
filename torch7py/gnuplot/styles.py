"""gnuplot's styles ('+-', '|', 'with lines lw 2', ...), and drawing a series of points in one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy

from torch7py.console import file_name
from torch7py.errors import TorchError

_SHORT = {
    "": "linespoints",
    "+": "points",
    ".": "dots",
    "-": "lines",
    "+-": "linespoints",
    "|": "boxes",
    "~": "csplines",
    "v": "vectors",
    "V": "vectors",
}
_STYLES = (
    "lines",
    "points",
    "linespoints",
    "dots",
    "boxes",
    "csplines",
    "acsplines",
    "vectors",
    "impulses",
    "steps",
    "filledcurves",
    "errorbars",
    "yerrorbars",
)
_ABBREVIATED = {"l": "lines", "p": "points", "lp": "linespoints", "d": "dots", "i": "impulses"}
_OPTIONS = {
    "lw": "linewidth",
    "linewidth": "linewidth",
    "lc": "color",
    "linecolor": "color",
    "lt": "series",
    "linetype": "series",
    "ls": "series",
    "linestyle": "series",
    "dt": "dashes",
    "dashtype": "dashes",
    "ps": "size",
    "pointsize": "size",
    "pt": "marker",
    "pointtype": "marker",
}
_MARKERS = ("+", "x", "*", "s", "s", "o", "o", "^", "^", "v", "v", "D", "D")
_DASHES = ("-", "--", ":", "-.", (0, (5, 2, 1, 2, 1, 2)))


@dataclass
class Style:
    """How a series is drawn."""

    kind: str
    stiffness: float = 0  # of acsplines: the weight of the points against a smooth curve
    options: dict[str, str] = field(default_factory=dict)


def parse(format: str) -> Style:
    """A short form ('+-'), the name of a style, or gnuplot's own: ``with lines lw 2 lc rgb 'red'``.

    What is not known of gnuplot's own is left out.
    """
    if format in _SHORT:
        return Style(_SHORT[format])
    if "~" in format or "acsplines" in format:
        try:
            return Style("acsplines", float(format.replace("~", "").replace("acsplines", "") or 1))
        except ValueError:
            raise TorchError(f"gnuplot: unknown style {format!r}") from None
    words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", format)
    if words and words[0] in ("with", "w", "smooth"):
        words.pop(0)
    kind = _ABBREVIATED.get(words[0], words[0]) if words else "linespoints"
    if kind not in _STYLES:
        raise TorchError(f"gnuplot: unknown style {format!r}; known are {', '.join(_STYLES)}, and {' '.join(_SHORT)}")
    style = Style(kind)
    place = 1
    while place < len(words):
        name = _OPTIONS.get(words[place])
        place += 1
        if name == "color" and place < len(words) and words[place] in ("rgb", "rgbcolor"):
            place += 1
        if name and place < len(words):
            style.options[name] = words[place].strip("'\"")
            place += 1
        elif words[place - 1] == "solid" and place < len(words):
            style.options["opacity"] = words[place]
            place += 1
    return style


def caption(text) -> str:
    """Text for matplotlib: of bytes, as Lua has it; and a dollar begins no formula."""
    return file_name(str(text)).replace("$", r"\$")


def draw(axes, legend: str, x: numpy.ndarray, y: numpy.ndarray, style: Style) -> None:
    """A series on matplotlib's axes.

    x: n numbers (vectors: n starts and lengths, nx2). y: n numbers, or nxk, where a style takes more than one.
    """
    first = y if y.ndim == 1 else y[:, 0]
    options = _drawn_options(axes, style)
    colour, width = options["color"], options["linewidth"]
    label = caption(legend) or None
    if style.kind == "vectors":
        _need(y.ndim == 2 and x.ndim == 2, "vectors", "x and y of two columns")
        axes.quiver(
            x[:, 0], y[:, 0], x[:, 1], y[:, 1], angles="xy", scale_units="xy", scale=1, color=colour, label=label
        )
        axes.update_datalim(numpy.stack([x.sum(1), y.sum(1)], 1))
        axes.autoscale_view()
    elif style.kind == "boxes":
        gaps = numpy.diff(numpy.sort(x))
        gaps = gaps[gaps > 0]
        axes.bar(x, first, gaps.min() if len(gaps) else 1, color=colour, alpha=0.6, edgecolor=colour, label=label)
    elif style.kind == "impulses":
        axes.vlines(x, 0, first, color=colour, linewidth=width, label=label)
    elif style.kind == "filledcurves":
        other = y[:, 1] if y.ndim == 2 and y.shape[1] > 1 else numpy.zeros_like(first)
        opacity = float(style.options.get("opacity", 1))
        axes.fill_between(x, first, other, color=colour, alpha=opacity, linewidth=0, label=label)
    elif style.kind in ("errorbars", "yerrorbars"):
        _need(y.ndim == 2 and y.shape[1] > 1, style.kind, "y of two columns: the values and their errors")
        marker = {"fmt": options["marker"], "markersize": options["markersize"]}
        axes.errorbar(x, first, abs(y[:, 1]), color=colour, linewidth=width, capsize=2, label=label, **marker)
    elif style.kind in ("csplines", "acsplines"):
        x, first = spline(x, first, style.stiffness if style.kind == "acsplines" else None)
        axes.plot(x, first, label=label, color=colour, linewidth=width, linestyle=options["linestyle"])
    else:
        if style.kind in ("lines", "steps"):
            options["marker"] = "none"
        if style.kind in ("points", "dots"):
            options["linestyle"] = "none"
        if style.kind == "dots":
            options |= {"marker": ".", "markersize": 1.5}
        if style.kind == "steps":
            options["drawstyle"] = "steps-post"
        axes.plot(x, first, label=label, **options)


def _need(given: bool, kind: str, what: str) -> None:
    if not given:
        raise TorchError(f"gnuplot: the style {kind} needs {what}")


def _drawn_options(axes, style: Style) -> dict:
    """matplotlib's options for a style; the colour is the next one of the axes unless the style names one."""
    options = style.options
    drawn = {"linewidth": 1.5, "markersize": 4, "marker": "o", "linestyle": "-"}
    series = _whole(options.get("series"))
    drawn["color"] = f"C{(series - 1) % 10}" if series else axes._get_lines.get_next_color()
    if "color" in options:
        from matplotlib.colors import is_color_like

        colour = options["color"].replace("-", "")
        drawn["color"] = colour if is_color_like(colour) else drawn["color"]
    if "linewidth" in options:
        drawn["linewidth"] = float(options["linewidth"])
    if "size" in options:
        drawn["markersize"] = 4 * float(options["size"])
    if marker := _whole(options.get("marker")):
        drawn["marker"] = _MARKERS[(marker - 1) % len(_MARKERS)]
    if dashes := _whole(options.get("dashes")):
        drawn["linestyle"] = _DASHES[(dashes - 1) % len(_DASHES)]
    return drawn


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


_SMOOTHED = 1000  # points from which on straight lines between them look as smooth


def spline(x: numpy.ndarray, y: numpy.ndarray, stiffness: float | None = None) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Points of the natural cubic spline through a series, or near it.

    stiffness: None to meet the points, else how much their distance counts against the curve's bends (Reinsch 1967).
    """
    x, place = numpy.unique(x, return_inverse=True)
    y = numpy.bincount(place, y) / numpy.bincount(place)
    n = len(x)
    if n < 3 or n > _SMOOTHED:
        return x, y
    h = numpy.diff(x)
    q = numpy.zeros((n, n - 2))
    r = numpy.zeros((n - 2, n - 2))
    for i in range(n - 2):
        q[i : i + 3, i] = 1 / h[i], -1 / h[i] - 1 / h[i + 1], 1 / h[i + 1]
        r[i, i] = (h[i] + h[i + 1]) / 3
        if i:
            r[i, i - 1] = r[i - 1, i] = h[i] / 6
    if stiffness is None:
        bends = numpy.linalg.solve(r, q.T @ y)
    else:
        bends = numpy.linalg.solve(r + q.T @ q / stiffness, q.T @ y)
        y = y - q @ bends / stiffness
    bends = numpy.concatenate(([0], bends, [0]))
    fine = numpy.linspace(x[0], x[-1], max(300, 3 * n))
    i = numpy.clip(numpy.searchsorted(x, fine, "right") - 1, 0, n - 2)
    a, b = (x[i + 1] - fine) / h[i], (fine - x[i]) / h[i]
    bent = (a**3 - a) * bends[i] + (b**3 - b) * bends[i + 1]
    return fine, a * y[i] + b * y[i + 1] + bent * h[i] ** 2 / 6
