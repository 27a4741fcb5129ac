"""What stands around a plot: titles, grids, ranges, the legend's place."""

from __future__ import annotations

from torch7py.console import current as output
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.arguments import number

from .figures import current
from .styles import caption


def title(text: str) -> None:
    """The plot's title."""
    current().settings.title = caption(text)
    current().changed()


def _label(axis: str, text: str) -> None:
    current().settings.labels[axis] = caption(text)
    current().changed()


def xlabel(text: str) -> None:
    """What stands beside the x axis."""
    _label("x", text)


def ylabel(text: str) -> None:
    """What stands beside the y axis."""
    _label("y", text)


def zlabel(text: str) -> None:
    """What stands beside the z axis."""
    _label("z", text)


def grid(toggle: bool) -> None:
    """Whether lines are drawn behind the plot."""
    current().settings.grid = bool(toggle)
    current().changed()


def logscale(toggle: bool) -> None:
    """Whether the y axis is logarithmic."""
    current().settings.log = "y" if toggle else ""
    current().changed()


_PLACES = {
    ("left", "top"): "upper left",
    ("left", "middle"): "center left",
    ("left", "bottom"): "lower left",
    ("center", "top"): "upper center",
    ("center", "middle"): "center",
    ("center", "bottom"): "lower center",
    ("right", "top"): "upper right",
    ("right", "middle"): "center right",
    ("right", "bottom"): "lower right",
}


def movelegend(hloc: str, vloc: str) -> None:
    """Where the legend stands: 'left', 'center' or 'right'; 'top', 'middle' or 'bottom'."""
    if (hloc, vloc) not in _PLACES:
        raise TorchError(
            f"location is unknown: movelegend expects {{left|right|center}}, {{bottom|top|middle}}; got {hloc}, {vloc}"
        )
    current().settings.legend = _PLACES[hloc, vloc]
    current().changed()


def axis(kind) -> None:
    """'auto', 'image' or 'equal' (units of one length on both axes), 'fill', or ranges {xmin, xmax, ymin, ymax}.

    An empty string in place of a number leaves that end to the data.
    """
    settings = current().settings
    if kind == "auto":
        settings.aspect = None
        settings.ranges.clear()
    elif kind in ("image", "equal"):
        settings.aspect = "equal"
    elif kind == "fill":
        settings.aspect = None
    elif isinstance(kind, (Table, list, tuple)):
        ends = [number(end) for end in kind]
        if len(ends) != 4:
            output.console.print("axis should have 4 components {xmin,xmax,ymin,ymax}")
            return
        settings.ranges |= {"x": (ends[0], ends[1]), "y": (ends[2], ends[3])}
    else:
        raise TorchError(f"axis expects auto | image | equal | fill | {{xmin,xmax,ymin,ymax}}, got {kind!r}")
    current().changed()
