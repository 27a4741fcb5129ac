"""Package image: the numbers of the original, files of all formats and their faults, what a user calls from Python."""

import io
import struct
import sys
import types
import zlib
from pathlib import Path

import numpy
import PIL.Image
import pytest
import torch

import torch7py
from lua_bridge import LuaTorch
from torch7py import Table, image
from torch7py.console import Console, current
from torch7py.errors import TorchError

ORIGINAL = Path(__file__).parent / "data" / "image"
TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-6, torch.uint8: 0}  # relative to a result's largest element


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(current, "console", Console())


# The original's numbers -----------------------------------------------------------------------------------------------


def compare(name, expected, got, differing):
    if isinstance(expected, Table):
        assert len(expected) == len(got), name
        for i, part in expected.items():
            compare(f"{name}[{i}]", part, got[i], differing)
    elif isinstance(expected, str) or isinstance(got, str):
        if expected is not got and not (isinstance(got, str) and got == expected):
            differing.append(f"{name}: an error on one side only")
    elif expected.dtype != got.dtype or expected.shape != got.shape:
        differing.append(f"{name}: {got.dtype} {tuple(got.shape)}, not {expected.dtype} {tuple(expected.shape)}")
    elif expected.numel():
        x, y = expected.double().nan_to_num(1e9), got.double().nan_to_num(1e9)
        if (x - y).abs().max() > TOLERANCE[expected.dtype] * x.abs().max():
            differing.append(f"{name}: {(x - y).abs().max().item():g} apart")


def test_original(tmp_path):
    with LuaTorch() as lua:
        lua.globals["arg"] = Table(["ours.t7"])
        lua.dofile(str(ORIGINAL / "make.lua"))
    expected, got = torch7py.load(str(ORIGINAL / "original.t7")), torch7py.load("ours.t7")
    names = [name for name, _ in expected.items()]
    assert len(names) > 500
    differing = []
    for name in names:
        compare(name, expected[name], got[name], differing)
    assert not differing


# Files ----------------------------------------------------------------------------------------------------------------


def test_save_cuts_off_and_load_divides():
    x = torch.tensor([[[-0.5, 0.0, 0.4999], [0.5, 1.0, 1.7]]], dtype=torch.float64)
    for suffix in ("png", "pgm"):
        image.save(f"x.{suffix}", x)
        assert image.load(f"x.{suffix}", 1, "byte").tensor.tolist() == [[[0, 0, 127], [127, 255, 255]]]
        assert image.load(f"x.{suffix}", 1, "float").tensor[0, 0, 2].item() == pytest.approx(127 / 255)
    assert x.min() == -0.5  # the source is kept


@pytest.mark.parametrize("suffix", ["png", "ppm", "PNG", "PPM"])
def test_colour_round_trip(suffix):
    x = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8)
    image.save(f"x.{suffix}", x)
    assert torch.equal(image.load(f"x.{suffix}", 3, "byte").tensor, x)
    assert image.getSize(f"x.{suffix}").tensor.tolist() == [3, 5, 7]
    grey = image.load(f"x.{suffix}", 1, "byte").tensor
    assert torch.equal(grey, image.rgb2y(x)[0])


def test_jpeg_is_what_libjpeg_makes():
    x = image.scale(image.lena(), 64, 48).tensor
    image.save("x.jpg", x)
    expected = io.BytesIO()
    PIL.Image.fromarray((x * 255).to(torch.uint8).permute(1, 2, 0).numpy()).save(expected, "JPEG", quality=75)
    assert Path("x.jpg").read_bytes() == expected.getvalue()
    assert bytes(image.compressJPG(x).tolist()) == expected.getvalue()
    assert len(image.compressJPG(x, 25)) < len(image.compressJPG(x, 90))
    assert torch.equal(image.load("x.jpg").tensor, image.decompressJPG(image.compressJPG(x)))
    assert image.getSize("x.jpg").tensor.tolist() == [3, 48, 64]


def test_jpeg_with_four_inks_is_not_inverted():
    inks = numpy.zeros((8, 8, 4), numpy.uint8)
    inks[..., 0] = 200
    PIL.Image.fromarray(inks, "CMYK").save("x.jpg", quality=100)
    assert image.load("x.jpg", None, "byte").tensor[:, 4, 4].tolist() == pytest.approx([55, 255, 255, 255], abs=2)


def test_png_of_all_kinds():
    grey = numpy.arange(12, dtype=numpy.uint8).reshape(3, 4) * 20
    PIL.Image.fromarray(grey).convert("1").save("bits.png")
    assert set(image.load("bits.png", None, "byte").tensor.unique().tolist()) <= {0, 255}
    palette = PIL.Image.fromarray(grey).convert("RGB").quantize(8)
    palette.save("palette.png")
    pixels = torch.tensor(numpy.array(palette.convert("RGB"))).permute(2, 0, 1)
    assert torch.equal(image.load("palette.png", None, "byte").tensor, pixels)
    assert image.getSize("palette.png").tensor.tolist() == [3, 3, 4]
    with_alpha = torch.randint(0, 256, (4, 3, 2), dtype=torch.uint8)
    image.savePNG("alpha.png", with_alpha)
    assert torch.equal(image.load("alpha.png", None, "byte").tensor, with_alpha)
    assert torch.equal(image.load("alpha.png", 3, "byte").tensor, with_alpha[:3])
    PIL.Image.fromarray(grey.astype(numpy.uint16) * 257 + 3).save("wide.png")
    wide = image.load("wide.png", 1, "double").tensor[0]
    assert torch.allclose(wide, torch.tensor(grey.astype(float) * 257 + 3) / 65535, atol=0, rtol=1e-15)
    assert torch.equal(image.load("wide.png", 1, "byte").tensor[0], torch.tensor(grey))


def encode_png16(values, filters, interlaced=False):
    """A PNG file with 16 bits in a value, HxWxC, whose rows use these filters in turn."""

    def filtered(part):
        height, width, planes = part.shape
        lines = part.astype(">u2").view(numpy.uint8).reshape(height, width * planes * 2).astype(int)
        step, out = planes * 2, []
        above = numpy.zeros(width * step, int)
        for y, line in enumerate(lines):
            left = numpy.concatenate((numpy.zeros(step, int), line[:-step]))
            corner = numpy.concatenate((numpy.zeros(step, int), above[:-step]))
            distances = numpy.stack([abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)])
            paeth = numpy.choose(distances.argmin(0), [left, above, corner])
            guess = [0, left, above, (left + above) // 2, paeth][filters[y % len(filters)]]
            out.append(bytes([filters[y % len(filters)]]) + ((line - guess) % 256).astype(numpy.uint8).tobytes())
            above = line
        return b"".join(out)

    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [values[y::down, x::right] for x, y, right, down in passes]
    content = zlib.compress(b"".join(filtered(part) for part in parts if part.size))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    kind = {2: 4, 3: 2, 4: 6}[values.shape[2]]
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, kind, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


@pytest.mark.parametrize("planes", [2, 3, 4])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_with_sixteen_bits(planes, interlaced):
    values = numpy.random.default_rng(1).integers(0, 65536, (11, 9, planes)).astype(numpy.uint16)
    for filters in ([0], [1], [2], [3], [4], [0, 1, 2, 3, 4], [4, 3, 1]):
        data = encode_png16(values, filters, interlaced)
        Path("x.png").write_bytes(data)
        assert PIL.Image.open("x.png").size == (9, 11)  # the test's encoder makes files that others read, too
        got = image.load("x.png", None, "double").tensor * 65535
        assert torch.equal(got.round(), torch.tensor(values.astype(float)).permute(2, 0, 1))
        high = image.load("x.png", None, "byte").tensor
        assert torch.equal(high, torch.tensor((values >> 8).astype(numpy.uint8)).permute(2, 0, 1))


def test_netpbm():
    Path("a.pgm").write_text("P2\n# a comment\n3 2 # and one more\n15\n0 3 15\n7 8 9\n")
    assert image.load("a.pgm", 1, "byte").tensor.tolist() == [[[0, 51, 255], [119, 136, 153]]]
    Path("a.ppm").write_text("P3 1 2 255 1 2 3 4 5 6")
    assert image.load("a.ppm", 3, "byte").tensor.tolist() == [[[1], [4]], [[2], [5]], [[3], [6]]]
    Path("wide.pgm").write_bytes(b"P5 2 1 65535\n" + bytes([1, 0, 0, 1]))
    assert image.load("wide.pgm").tensor.mul(255).round().tolist() == [[[1, 256]]]
    assert image.getPPMsize("a.ppm") == (3, 2, 1)


def broken_files():
    good = {}
    x = image.scale(image.lena(), 20, 20)
    for suffix in ("png", "jpg", "ppm", "pgm"):
        image.save(f"good.{suffix}", image.rgb2y(x) if suffix == "pgm" else x)
        good[suffix] = Path(f"good.{suffix}").read_bytes()
    for suffix, data in good.items():
        for end in (0, 1, 2, 3, 5, 9, 20, 30, len(data) // 2, len(data) - 30):
            yield f"cut-{end}.{suffix}", data[:end]
        yield f"junk.{suffix}", data[:12] + bytes(range(200))
    wide = encode_png16(numpy.full((4, 4, 3), 77, numpy.uint16), [1])
    for end in (30, 45, len(wide) - 25):
        yield f"wide-{end}.png", wide[:end]
    yield "filter.png", encode_png16(numpy.full((4, 4, 3), 77, numpy.uint16), [1])[:41] + b"\0" * 60
    yield "huge.ppm", b"P6 99999999 99999999 255\nabc"
    yield "negative.pgm", b"P5 -3 4 255\n" + bytes(12)
    yield "words.pgm", b"P2 2 2 255\n1 2 three 4"
    yield "black.pgm", b"P2 1 1 0\n0"


def test_a_broken_file_is_one_error_that_names_it():
    for name, data in broken_files():
        Path(name).write_bytes(data)
        with pytest.raises(TorchError, match=name):
            image.load(name)


def test_a_broken_file_never_breaks_the_program():
    rng = numpy.random.default_rng(3)
    x = image.scale(image.lena(), 12, 12)
    for suffix in ("png", "jpg", "ppm"):
        image.save(f"x.{suffix}", x)
        data = Path(f"x.{suffix}").read_bytes()
        for _ in range(60):
            changed = bytearray(data)
            for place in rng.integers(0, len(data), 3):
                changed[place] = rng.integers(0, 256)
            Path("y.bin").write_bytes(bytes(changed))
            try:
                assert image.load("y.bin").tensor.dim() == 3
            except TorchError as error:
                assert "y.bin" in str(error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: image.load("absent.png"), "absent.png: No such file"),
        (lambda: image.getSize("absent.png"), "absent.png: No such file"),
        (lambda: image.save("no/folder.png", torch.ones(3, 2, 2)), "no/folder.png"),
        (lambda: image.save("x.xyz", torch.ones(3, 2, 2)), "unknown image type: xyz"),
        (lambda: image.save("x", torch.ones(3, 2, 2)), "unable to determine image type"),
        (lambda: image.save("x.png"), "missing a required argument: .tensor"),
        (lambda: image.save("x.png", torch.ones(2, 2, 2)), "Depth must be 1 or 3 or 4; got 2x2x2"),
        (lambda: image.save("x.ppm", torch.ones(1, 2, 2)), "Depth must be 3"),
        (lambda: image.compressJPG(torch.ones(3, 2, 2), 101), "quality"),
        (lambda: image.decompress(torch.zeros(9, dtype=torch.uint8)), "jpg or png"),
        (lambda: image.decompressPNG(torch.zeros(9)), "byte tensor, not torch.FloatTensor"),
    ],
)
def test_errors_of_files(call, message):
    with pytest.raises(TorchError, match=message):
        call()


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    image.save("x.ppm", torch.zeros(3, 2, 2))
    assert image.load("x.ppm").tensor.sum() == 0  # Netpbm's formats need none
    with pytest.raises(TorchError, match=r"torch7py\[image\]"):
        image.save("x.png", torch.zeros(3, 2, 2))


# From Python ----------------------------------------------------------------------------------------------------------


def test_handles_and_tensors():
    x = torch.rand(3, 4, 4)
    assert type(image.scale(x, 2, 2)) is torch.Tensor
    assert isinstance(image.scale(torch7py.wrap(x), 2, 2), torch7py.FloatTensor)
    assert isinstance(image.gaussian(), torch7py.Tensor)
    dst = torch.empty(0)
    assert image.hflip(dst, x) is dst and torch.equal(dst, x.flip(2))


def test_named_arguments():
    expected = image.gaussian(3, 0.25, 1, False, 5, 4).tensor
    for call in (
        lambda: image.gaussian(width=5, height=4),
        lambda: image.gaussian(Table(width=5, height=4)),
        lambda: image.gaussian({"width": 5, "height": 4}),
    ):
        assert torch.equal(call().tensor, expected)
    x = torch.tensor([1.0, 2, 3])
    assert image.minmax(tensor=x, inplace=True) is x and x.tolist() == [0, 0.5, 1]
    with pytest.raises(TorchError, match="unexpected keyword argument .wide"):
        image.gaussian(wide=5)
    with pytest.raises(TorchError, match="missing a required argument: .input"):
        image.toDisplayTensor()


def test_flips_in_place():
    for flip, dim in ((image.hflip, 2), (image.vflip, 1)):
        x = torch.rand(3, 5, 4)
        expected = x.flip(dim)
        assert flip(x, x) is x and torch.equal(x, expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: image.scale(x, 3), "ByteTensor, FloatTensor or DoubleTensor expected, got torch.IntTensor"),
        (lambda x: image.scale(x.float()[0, 0], 3), "2D or 3D image expected, got 4"),
        (lambda x: image.scale(x.float(), 3, 3, 3, 3), "incorrect arguments: got torch.FloatTensor, number"),
        (lambda x: image.scale(torch.zeros(2, 2, 2), x.float()), "depths do not match: 3x4x4, 2x2x2"),
        (lambda x: image.crop(x.float(), 0, 0, 5, 4), "outside bounds of src: 5x4 at .0, 0. of 3x4x4"),
        (lambda x: image.warp(x.float(), torch.zeros(2, 4, 4).double()), "field must be a torch.FloatTensor"),
        (lambda x: image.hflip(x.double(), x.float()), "destination must be a torch.FloatTensor"),
        (lambda x: image.rgb2lab(x.byte()), "not supported for torch.ByteTensor"),
        (lambda x: image.rgb2hsv(x.float()[:2]), "3 planes expected, got 2x4x4"),
        (lambda x: image.rotate(x.float(), "far"), "expected .dst,. src, theta"),
        (lambda x: image.window(), "needs Qt"),
    ],
)
def test_errors_of_arguments(call, message):
    with pytest.raises(TorchError, match=message):
        call(torch.ones(3, 4, 4, dtype=torch.int32))


def test_pictures():
    assert image.lena().tensor.shape == (3, 512, 512)
    assert image.fabio().tensor.dim() == 2
    assert 0 <= image.lena().tensor.min() and image.lena().tensor.max() <= 1


# On the screen --------------------------------------------------------------------------------------------------------


def test_display_saves_and_says_where(capsys):
    window = image.display(image=torch.rand(5, 3, 4), zoom=2, padding=1, nrow=3, legend="filters")
    assert capsys.readouterr().out == f"filters: saved as {window.path}\n"
    assert PIL.Image.open(window.path).size == (30, 16)
    image.display(image=torch.rand(4, 6), win=window)
    assert PIL.Image.open(window.path).size == (6, 4)
    assert capsys.readouterr().out == ""  # said once


def test_display_in_a_notebook(monkeypatch):
    shown = []
    display = types.SimpleNamespace(
        Image=lambda data: data, display=lambda data, display_id, update: shown.append((data, display_id, update))
    )
    shell = types.SimpleNamespace(kernel=object())
    notebook = types.SimpleNamespace(get_ipython=lambda: shell, display=display)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    window = image.display(torch.rand(4, 6))
    image.display(image=torch.rand(4, 6), win=window)
    assert not Path(window.path).exists()
    assert [(name, update) for _, name, update in shown] == [(window.path, False), (window.path, True)]
    assert PIL.Image.open(io.BytesIO(shown[0][0])).size == (6, 4)


def test_from_lua():
    with LuaTorch() as lua:
        lua.execute("""
            require 'image'
            x = torch.ByteTensor(3, 2, 2):random(0, 255)
            image.save('bär.png', x)
            y = image.supported_filetypes.png.loader('bär.png', 3, 'byte')
            function named(...)
               return dok.unpack({...}, 'named', 'takes two', {arg = 'a', type = 'number', default = 1},
                  {arg = 'b', type = 'number', defaulta = 'a'})
            end
        """)
        assert Path("bär.png").exists()
        assert torch.equal(lua.globals["x"], lua.globals["y"])
        assert lua.eval("select(2, named())") == (1, 1)
        assert lua.eval("select(2, named{a = 3})") == (3, 3)
        assert lua.eval("select(2, named(4, 5))") == (4, 5)
        assert lua.eval("pcall(dok.error, 'too far', 'image.crop')")[1].endswith("<image.crop> too far")
