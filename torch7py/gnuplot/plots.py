"""gnuplot.plot, splot, scatter3, imagesc."""

from __future__ import annotations

import numpy
import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.handle import unwrap

from . import styles
from .figures import current
from .styles import caption

_LISTS = (Table, list, tuple)


def _array(tensor: torch.Tensor) -> numpy.ndarray:
    return tensor.detach().cpu().double().numpy()


def _kinds(values: list) -> str:
    """``s`` for each string, ``t`` for each tensor, ``?`` for what is neither."""
    return "".join(
        "s" if isinstance(value, str) else "t" if isinstance(value, torch.Tensor) else "?" for value in values
    )


def _series(args: tuple, nothing: str) -> list[list]:
    """The lists of arguments of all series: ``f(...)``, ``f({...}, {...})`` or ``f({{...}, {...}})``."""
    args = list(unwrap(args))
    while args and args[-1] is None:
        args.pop()
    if not args:
        raise TorchError(nothing)
    if not isinstance(args[0], _LISTS):
        return [args]
    first = list(args[0])
    if first and isinstance(first[0], _LISTS):
        args = first
    return [list(unwrap(list(series))) for series in args]


def plot(*args) -> None:
    """Lines, points or boxes: ``plot([name,] [x,] y [, style])``, or a list of these for each of many series.

    x, y: vectors of one length; without x, 1, 2, ... A matrix alone has x in its first column and y in the others.
    style: '' or '+-' (points and lines), '-' (lines), '+' (points), '.' (dots), '|' (boxes), '~' (a smooth curve), 'v'
        (arrows; x and y have two columns, for their starts and lengths), or gnuplot's own ('with lines lw 2').
    """
    drawn = []
    for series in _series(args, "no inputs, expecting at least a vector"):
        legend, x, y, format = _read_series(series)
        drawn.append((legend, _array(x), _array(y), styles.parse(format)))

    def draw(axes) -> None:
        for one in drawn:
            styles.draw(axes, *one)

    current().add(draw)


def _read_series(args: list) -> tuple[str, torch.Tensor, torch.Tensor, str]:
    """Legend, x, y and style."""
    kinds = _kinds(args)
    legend = args.pop(0) if kinds.startswith("s") else ""
    format = args.pop() if kinds.endswith("s") and args else ""
    if kinds.strip("s") not in ("t", "tt") or kinds.startswith("ss") or kinds.endswith("ss"):
        raise TorchError("expecting [string,] tensor [,tensor] [,string]")
    x, y = args if len(args) == 2 else (args[0], None)
    if y is None:
        x, y = _columns(x, format)
    if x.dim() not in (1, 2) or y.dim() not in (1, 2) or x.size(0) != y.size(0) or x.numel() == 0:
        raise TorchError(f"x and y dims are wrong :  x = {_size(x)} y = {_size(y)}")
    return legend, x, y, format


def _columns(x: torch.Tensor, format: str) -> tuple[torch.Tensor, torch.Tensor]:
    """x and y of a tensor that holds both, or y alone."""
    if x.dim() == 2 and x.size(1) == 4 and format in ("v", "V"):
        return x[:, [0, 2]], x[:, [1, 3]]
    if x.dim() == 2 and x.size(1) == 2:
        return x[:, 0], x[:, 1]
    if x.dim() == 2 and x.size(1) > 1:
        return x[:, 0], x[:, 1:]
    return torch.arange(1, len(x) + 1), x


def _size(x: torch.Tensor) -> str:
    return "x".join(map(str, x.shape)) if x.numel() else "nothing"


def splot(*args) -> None:
    """Surfaces: ``splot([name,] z)`` or ``splot([name,] x, y, z)``, or a list of these for each of many.

    x, y, z: matrices of one size; without x and y, the row's and the column's numbers.
    """
    forms = "expecting [string,] tensor [,tensor] [,tensor]"
    drawn = []
    for surface in _series(args, "no inputs, expecting at least a matrix"):
        kinds = _kinds(surface)
        if kinds not in ("t", "st", "ttt", "sttt"):
            raise TorchError(forms)
        legend = surface.pop(0) if kinds[0] == "s" else ""
        if any(matrix.dim() != 2 or matrix.shape != surface[0].shape for matrix in surface):
            sizes = ", ".join(map(_size, surface))
            raise TorchError(f"x and y and z are expected to be matrices of one size, not {sizes}")
        if len(surface) == 1:
            z = surface[0]
            rows, columns = (torch.arange(1, size + 1) for size in z.shape)
            surface = [rows.unsqueeze(1).expand_as(z), columns.expand_as(z), z]
        drawn.append((legend, *map(_array, surface)))

    def draw(axes) -> None:
        bottom = min(float(numpy.nanmin(z)) for *_, z in drawn)
        for i, (legend, x, y, z) in enumerate(drawn):
            colour = f"C{i % 10}"
            axes.plot_surface(x, y, z, color="white", edgecolor=colour, linewidth=0.6, shade=False)
            if min(z.shape) > 1 and z.min() < z.max():
                axes.contour(x, y, z, 6, zdir="z", offset=bottom, colors=colour, linewidths=0.8)
            if legend:
                axes.plot([], [], [], color=colour, label=caption(legend))

    current().add(draw, solid=True)


def scatter3(*args) -> None:
    """Points in space: ``scatter3([name,] x, y, z)``, or a list of these for each of many; vectors of one length."""
    drawn = []
    for points in _series(args, "no inputs, expecting at least a matrix"):
        kinds = _kinds(points)
        if kinds not in ("ttt", "sttt"):
            raise TorchError("expecting [string,] tensor, tensor, tensor")
        legend = points.pop(0) if kinds[0] == "s" else ""
        if any(vector.dim() != 1 for vector in points):
            raise TorchError("x, y and z must be 1D")
        if len({len(vector) for vector in points}) > 1:
            raise TorchError("x, y and z must be the same size")
        drawn.append((legend, *map(_array, points)))

    def draw(axes) -> None:
        for legend, x, y, z in drawn:
            axes.scatter(x, y, z, s=14, label=caption(legend) or None)

    current().add(draw, solid=True)


# gnuplot's palettes, by matplotlib's names
_PALETTES = {"color": "gnuplot", "gray": "gray", "grey": "gray", "rgb": "gnuplot"}


def imagesc(x: torch.Tensor, palette: str = "gray") -> None:
    """A matrix as an image, row 1 at the top. palette: 'gray', 'color', or a colour map of matplotlib's."""
    x = unwrap(x)
    palette = "gray" if palette is None else palette
    if not isinstance(x, torch.Tensor) or not isinstance(palette, str):
        raise TorchError("expecting tensor [,string]")
    if x.dim() != 2:
        raise TorchError(f"x is expected to be matrices x = {_size(x)}")
    values = _array(x)

    def draw(axes) -> None:
        from matplotlib import colormaps

        name = _PALETTES.get(palette, palette)
        image = axes.imshow(values, name if name in colormaps else "gnuplot", aspect="auto", interpolation="nearest")
        axes.figure.colorbar(image, ax=axes)

    current().add(draw)
