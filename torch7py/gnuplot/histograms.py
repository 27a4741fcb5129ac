"""gnuplot.bar, histc, hist."""

from __future__ import annotations

import torch

from torch7py.table import Table
from torch7py.tensor.handle import unwrap
from torch7py.tensor.registry import functions

from .plots import plot


def bar(*args) -> None:
    """``bar([name,] [x,] y)``: boxes."""
    plot([*(arg for arg in unwrap(args) if arg is not None), "|"])


__all__ = ["bar", "hist", "histc", "text"]


class Histogram(Table):
    """``h[i].val`` and ``h[i].nb``: the middle of bin ``i``, and how many values are in it.

    ``h.raw``: these counts as a tensor; ``h.bins``, ``h.binwidth``; ``h.max`` and ``h.min``: the fullest and the
    emptiest bin.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return text(self)


def histc(tensor, bins=None, min=None, max=None, raw=False):
    """The histogram of a tensor's values.

    bins: how many (72). min, max: of the values that count (all). raw: True for the counts alone, as a tensor.
    """
    tensor = unwrap(tensor).double()
    bins = 72 if bins is None else int(bins)
    low = tensor.min().item() if min is None else min
    high = tensor.max().item() if max is None else max
    counts = functions["histc"](tensor, bins, low, high)
    if raw:
        return counts
    width = (high - low) / bins
    histogram = Histogram()
    for i, count in enumerate(counts.tolist(), 1):
        histogram[i] = Table(val=low + (i - 0.5) * width, nb=count)
    histogram["raw"], histogram["bins"], histogram["binwidth"] = counts, bins, width
    histogram["max"] = int(torch.argmax(counts)) + 1
    histogram["min"] = int(torch.argmin(counts)) + 1
    return histogram


def hist(tensor, bins=None, min=None, max=None):
    """Plot the histogram of a tensor's values, and return it; arguments as for :func:`histc`."""
    histogram = histc(tensor, bins, min, max)
    bar(torch.tensor([bin["val"] for bin in histogram], dtype=torch.float64), histogram["raw"])
    return histogram


_HEIGHT = 10  # lines of a histogram in text


def text(histogram: Table) -> str:
    """A histogram for the terminal: a column for each bin, whose top is one of three marks."""
    bins = histogram.list()
    counts = [bin["nb"] for bin in bins]

    def named(which: str) -> str:
        i = histogram[which]
        return f"{which}:(bin:{i}/#{int(counts[i - 1])}/cntr:{bins[i - 1]['val']:2.2f})"

    lines = [f"nsamples:  {named('min')}  {named('max')}", "--------:" + "-" * len(bins)]
    ceiling = counts[histogram["max"] - 1]
    step = ceiling / (_HEIGHT + 1)
    begun: set[int] = set()  # columns whose top is above
    for _ in range(_HEIGHT):
        floor = ceiling - step
        cells = ""
        for i, count in enumerate(counts):
            if i in begun:
                cells += "|"
            elif count < floor:
                cells += " "
            else:
                begun.add(i)
                below = (ceiling - count) / step if step else 0
                cells += "|" if below > 0.66 else ":" if below > 0.33 else "."
        lines.append(f"{floor:1.2e}:{cells}")
        ceiling = floor
    marks = [(i - 1) % 6 == 0 for i in range(len(bins))]
    lines.append("--------:" + "".join("^" if mark else "-" for mark in marks))
    lines.append("centers " + "".join(f"{bin['val']:+1.2f} " for bin, mark in zip(bins, marks) if mark))
    return "\n".join(lines)
