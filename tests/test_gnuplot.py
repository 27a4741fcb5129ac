"""Package gnuplot: figures in files and for the screen."""

import re
import sys
from pathlib import Path

import numpy
import PIL.Image
import pytest
import torch
from matplotlib.figure import Figure

import torch7py
from lua_bridge import LuaTorch
from torch7py import Table, gnuplot
from torch7py.console import Console, current
from torch7py.errors import TorchError
from torch7py.gnuplot import figures, styles


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """An empty folder, and no figures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(current, "console", Console())
    monkeypatch.setattr("torch7py.showing._told", set())
    monkeypatch.setattr("torch7py.gnuplot.commands._told", set())
    monkeypatch.setattr(figures, "_figures", {})
    monkeypatch.setattr(figures, "_current", None)


X = torch.linspace(-3, 3, 40)
Y = X.sin()


@pytest.fixture
def drawn(monkeypatch):
    """A function that makes some calls and returns the axes that a figure then has, without painting them."""
    made = []

    class Canvas(Figure):
        def savefig(self, file, **options):
            made.append(self)
            file.write(b"a picture")

    monkeypatch.setattr(figures, "_matplotlib_figure", lambda: Canvas)

    def draw(*calls):
        gnuplot.pngfigure("x.png")
        for call in calls:
            call()
        gnuplot.close()
        return made[-1].axes[0]

    return draw


def points(line):
    return torch.tensor(numpy.array(line.get_xydata()))


XY = torch.stack((X, Y), 1).double()


@pytest.mark.parametrize(
    "arguments",
    [
        (XY,),
        (X, Y),
        (X, Y, "-"),
        ("sine", X, Y),
        ("sine", X, Y, "+-"),
        ("sine", XY, "."),
        (["sine", X, Y, "+"],),
        ([["sine", X, Y, "with lines"]],),
        (Table([Table(["sine", torch7py.wrap(X), torch7py.wrap(Y), "lp"])]),),
    ],
)
def test_forms_of_plot(drawn, arguments):
    axes = drawn(lambda: gnuplot.plot(*arguments))
    (line,) = axes.get_lines()
    assert torch.equal(points(line), XY)
    texts = [text.get_text() for text in axes.get_legend().get_texts()] if axes.get_legend() else []
    assert texts == (["sine"] if "sine" in str(arguments) else [])


def test_without_x(drawn):
    (line,) = drawn(lambda: gnuplot.plot(Y)).get_lines()
    assert points(line)[:, 0].tolist() == list(range(1, 41))


def test_styles(drawn):
    formats = {
        "": ("-", "o", None),
        "-": ("-", "none", None),
        "+": ("none", "o", None),
        ".": ("none", ".", None),
        "with lines lw 5 lc rgb 'red' dt 2": ("--", "none", "red"),
        "w p pt 1 ps 3": ("none", "+", None),
        "l ls 3": ("-", "none", "C2"),
    }
    axes = drawn(lambda: gnuplot.plot([[X, Y, format] for format in formats]))
    for line, (style, marker, colour) in zip(axes.get_lines(), formats.values()):
        assert line.get_linestyle().lower() == style and line.get_marker().lower() == marker
        assert colour is None or line.get_color() == colour
    assert axes.get_lines()[4].get_linewidth() == 5
    assert axes.get_lines()[0].get_color() != axes.get_lines()[1].get_color()


def test_boxes_touch(drawn):
    heights = torch.tensor([3.0, 1, 4])
    for call in (lambda: gnuplot.bar(heights), lambda: gnuplot.plot(heights, "|")):
        bars = drawn(call).patches
        assert [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in bars] == [
            (0.5, 1, 3),
            (1.5, 1, 1),
            (2.5, 1, 4),
        ]


def test_styles_of_more_columns(drawn):
    arrows = drawn(lambda: gnuplot.plot(torch.stack((X, Y, X / 10, Y / 10), 1), "v")).collections[0]
    assert numpy.allclose(arrows.XY, XY) and numpy.allclose(arrows.U, X / 10)
    band = drawn(lambda: gnuplot.plot(torch.stack((X, Y, Y + 1), 1), "with filledcurves fill solid 0.5")).collections[0]
    assert band.get_alpha() == 0.5 and band.get_datalim(band.axes.transData).ymax == pytest.approx(Y.max() + 1)
    bars = drawn(lambda: gnuplot.plot(X, torch.stack((Y, Y / 9), 1), "with yerrorbars")).containers[0]
    assert bars.has_yerr
    smooth = drawn(lambda: gnuplot.plot(X, Y, "~")).get_lines()[0]
    assert (
        numpy.allclose(numpy.sin(smooth.get_xdata()), smooth.get_ydata(), atol=1e-2) and len(smooth.get_xdata()) > 200
    )


def test_in_space(drawn):
    z = torch.outer(X, X)
    axes = drawn(lambda: gnuplot.splot("saddle", z), lambda: gnuplot.zlabel("height"))
    assert (
        axes.name == "3d" and axes.get_zlabel() == "height" and axes.get_legend().get_texts()[0].get_text() == "saddle"
    )
    rows = X.unsqueeze(1).expand_as(z)
    surfaces = drawn(lambda: gnuplot.splot([rows, rows.t(), z], [rows, rows.t(), -z])).collections
    assert len(surfaces) >= 2
    (cloud,) = drawn(lambda: gnuplot.scatter3("cloud", X, Y, Y)).collections
    assert numpy.allclose(cloud._offsets3d[2], Y)


def test_imagesc_has_its_first_row_at_the_top(drawn):
    x = torch.arange(6.0).view(2, 3)
    axes = drawn(lambda: gnuplot.imagesc(x))
    (picture,) = axes.images
    assert picture.get_array().tolist() == x.tolist() and picture.get_cmap().name == "gray"
    assert axes.get_ylim() == (1.5, -0.5) and axes.get_xlim() == (-0.5, 2.5)
    assert drawn(lambda: gnuplot.imagesc(x, "color")).images[0].get_cmap().name == "gnuplot"


@pytest.mark.parametrize(
    ("change", "read", "expected"),
    [
        (lambda: gnuplot.title("costs $ 5"), lambda axes: axes.get_title(), r"costs \$ 5"),
        (lambda: gnuplot.xlabel("x"), lambda axes: axes.get_xlabel(), "x"),
        (lambda: gnuplot.ylabel("y"), lambda axes: axes.get_ylabel(), "y"),
        (lambda: gnuplot.grid(True), lambda axes: axes.xaxis.get_gridlines()[0].get_visible(), True),
        (lambda: gnuplot.logscale(True), lambda axes: axes.get_yscale(), "log"),
        (lambda: gnuplot.movelegend("left", "bottom"), lambda axes: axes.get_legend()._loc, 3),
        (lambda: gnuplot.axis([-9, 9, -2, 2]), lambda axes: axes.get_xlim() + axes.get_ylim(), (-9, 9, -2, 2)),
        (lambda: gnuplot.axis([-9, "", "", ""]), lambda axes: axes.get_xlim()[0], -9),
        (lambda: gnuplot.axis("equal"), lambda axes: axes.get_aspect(), 1),
        (lambda: gnuplot.raw("set title 'a; title'; set xlabel \"x\""), lambda axes: axes.get_title(), "a; title"),
        (lambda: gnuplot.raw("set xrange [-9:*]"), lambda axes: axes.get_xlim()[0], -9),
        (lambda: gnuplot.raw("set yrange [-2:2] reverse"), lambda axes: axes.get_ylim(), (2, -2)),
        (
            lambda: gnuplot.raw('set xtics ("low" -2, "high" 2) rotate by 45'),
            lambda axes: [text.get_text() for text in axes.get_xticklabels()],
            ["low", "high"],
        ),
        (lambda: gnuplot.raw("unset ytics"), lambda axes: len(axes.get_yticks()), 0),
        (lambda: gnuplot.raw("set logscale x"), lambda axes: (axes.get_xscale(), axes.get_yscale()), ("log", "linear")),
        (lambda: gnuplot.raw("unset key"), lambda axes: axes.get_legend(), None),
        (lambda: gnuplot.raw("set size square"), lambda axes: axes.get_box_aspect(), 1),
    ],
)
def test_what_stands_around_a_plot(drawn, change, read, expected):
    def plot():
        gnuplot.plot("name", X + 4, Y + 2)

    assert read(drawn(plot, change)) == expected
    assert read(drawn(change, plot)) == expected  # settings wait for the plot
    assert read(drawn(plot)) != expected


def test_files_of_all_formats():
    for make, suffix, begin in (
        (gnuplot.pngfigure, "png", b"\x89PNG"),
        (gnuplot.pdffigure, "pdf", b"%PDF"),
        (gnuplot.svgfigure, "svg", b"<?xml"),
        (gnuplot.epsfigure, "eps", b"%!PS"),
    ):
        number = make(f"made.{suffix}")
        gnuplot.plot(Y)
        gnuplot.plotflush(number)
        assert Path(f"made.{suffix}").read_bytes().startswith(begin)
        gnuplot.figprint(f"printed.{suffix}")
        assert Path(f"printed.{suffix}").read_bytes().startswith(begin)
    gnuplot.pngfigure("no suffix")
    gnuplot.plot(Y)
    gnuplot.closeall()
    assert Path("no suffix").read_bytes().startswith(b"\x89PNG")


def test_a_file_is_written_when_the_next_figure_is_begun():
    gnuplot.pngfigure("one.png")
    gnuplot.plot(Y)
    gnuplot.title("one")
    assert not Path("one.png").exists()
    gnuplot.pngfigure("two.png")
    assert Path("one.png").exists()


def test_on_the_screen(capsys):
    assert gnuplot.figure() == 1
    gnuplot.plot(Y)
    assert capsys.readouterr().out == "figure 1: saved as gnuplot-1.png\n"
    before = Path("gnuplot-1.png").read_bytes()
    gnuplot.title("new")
    gnuplot.plotflush()
    assert Path("gnuplot-1.png").read_bytes() != before
    assert gnuplot.figure(5) == 5
    gnuplot.plot(Y)
    assert gnuplot.figure(1) == 1
    assert capsys.readouterr().out == "figure 5: saved as gnuplot-5.png\n"
    gnuplot.plotflush(9)
    assert capsys.readouterr().out == "no figure 9\n"


def has_colour(picture, colour):
    return (abs(picture.astype(int) - colour).max(2) < 12).sum() > 30


BLUE, ORANGE, RED = (31, 119, 180), (255, 127, 14), (255, 0, 0)


def test_multiplot():
    gnuplot.pngfigure("x.png")
    gnuplot.raw("set multiplot layout 1,2")
    gnuplot.plot(X, Y, "with lines lw 9 lc rgb 'red'")
    gnuplot.plot(Y)
    gnuplot.raw("unset multiplot")
    picture = numpy.array(PIL.Image.open("x.png").convert("RGB"))
    assert has_colour(picture[:, :320], RED) and not has_colour(picture[:, 320:], RED)
    assert has_colour(picture[:, 320:], BLUE) and not has_colour(picture[:, :320], BLUE)


def test_raw_plots_files_and_tells_what_it_leaves_out(capsys):
    Path("t.txt").write_text("1 2 3\n2 4 1\n3 8 2\n")
    commands = "set terminal png\nset output 'raw.png'\nplot 't.txt' using 1:2 with lines title 'a', 't.txt' u 1:3 w lp"
    gnuplot.raw(commands)
    gnuplot.raw("set palette rgbformulae 3,11,6; set palette rgbformulae 3,11,6")
    gnuplot.raw("plot sin(x)")
    gnuplot.raw("unset output")
    picture = numpy.array(PIL.Image.open("raw.png").convert("RGB"))
    assert has_colour(picture, BLUE) and has_colour(picture, ORANGE)
    told = capsys.readouterr().out.splitlines()
    assert [line.rpartition(": ")[2] for line in told] == ["set palette rgbformulae 3,11,6", "plot sin(x)"]
    for command, message in (("'none.txt'", "none.txt"), ("'t.txt' using 1:7", "t.txt has 3 columns, not 7")):
        with pytest.raises(TorchError, match=re.escape(message)):
            gnuplot.raw(f"plot {command}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gnuplot.plot(), "no inputs, expecting at least a vector"),
        (lambda: gnuplot.plot("name"), "expecting [string,] tensor [,tensor] [,string]"),
        (lambda: gnuplot.plot([X, Y, "-", "-"]), "expecting [string,] tensor [,tensor] [,string]"),
        (lambda: gnuplot.plot(X, Y[:3]), "x and y dims are wrong :  x = 40 y = 3"),
        (lambda: gnuplot.plot(Y, "frog"), "unknown style 'frog'"),
        (lambda: gnuplot.splot(X), "expected to be matrices of one size, not 40"),
        (lambda: gnuplot.scatter3(X, Y), "expecting [string,] tensor, tensor, tensor"),
        (lambda: gnuplot.scatter3(X, Y, Y[:2]), "must be the same size"),
        (lambda: gnuplot.imagesc(X), "x is expected to be matrices x = 40"),
        (lambda: gnuplot.pngfigure("none/x.png"), "cannot save to none/x.png: directory does not exist"),
        (lambda: gnuplot.figprint("x.gif"), "only eps, png, pdf and svg"),
        (lambda: gnuplot.movelegend("up", "down"), "location is unknown"),
        (lambda: gnuplot.axis("tight"), "axis expects auto"),
    ],
)
def test_errors(call, message):
    with pytest.raises(TorchError, match=re.escape(message)):
        call()


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(TorchError, match=r"torch7py\[plot\]"):
        gnuplot.plot(Y)


def test_splines():
    x = numpy.array([3.0, 0, 1, 2, 2])
    y = numpy.array([0.0, 0, 1, 4, 2])
    fine_x, fine_y = styles.spline(x, y)
    assert numpy.interp([0, 1, 2, 3], fine_x, fine_y) == pytest.approx([0, 1, 3, 0], abs=1e-2)
    stiff = styles.spline(x, y, 1e6)[1]
    assert stiff == pytest.approx(fine_y, abs=1e-3)
    straight = styles.spline(x, y, 1e-6)[1]  # a regression line
    assert numpy.diff(straight, 2) == pytest.approx(0, abs=1e-5)


def test_histograms():
    h = gnuplot.histc(torch.tensor([1.0, 2, 2, 5]), 4)
    assert [bin.nb for bin in h] == [1, 2, 0, 1] and [bin.val for bin in h] == [1.5, 2.5, 3.5, 4.5]
    assert (h["max"], h["min"], h.bins, h.binwidth) == (2, 3, 4, 1)
    assert gnuplot.histc(torch.arange(8.0), 2, 0, 4, True).tolist() == [2, 3]
    lines = str(h).splitlines()
    assert lines[0] == "nsamples:  min:(bin:3/#0/cntr:3.50)  max:(bin:2/#2/cntr:2.50)"
    columns = list(zip(*(line.partition(":")[2].ljust(4) for line in lines[2:12])))
    heights = [sum(cell != " " for cell in column) for column in columns]
    assert heights == [5, 10, 0, 5]


def test_from_lua():
    with LuaTorch() as lua:
        lua.execute("""
            require 'gnuplot'
            gnuplot.pngfigure('x.png')
            local x = torch.linspace(-1, 1)
            gnuplot.plot({'High [°C]', x, torch.sin(x), '-'}, {'Low', torch.cos(x)})
            gnuplot.axis{-2, 2, -1, ''}
            gnuplot.plotflush()
            h = gnuplot.hist(torch.Tensor{1, 2, 2, 5}, 4)
        """)
        assert Path("x.png").exists()
        assert lua.eval("h[2].nb, h.raw:sum(), #h, tostring(h):match('nsamples')") == (2, 4, 4, "nsamples")
