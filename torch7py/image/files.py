"""Loading and saving images: image.load, image.save, and what they are made of for each format."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch

from torch7py.console import file_name
from torch7py.errors import TorchError
from torch7py.showing import write
from torch7py.tensor.arguments import describe
from torch7py.tensor.types import default

from . import pillow, ppm
from ._check import TYPES, Tensor, number, size_text, wrong
from .colour import rgb2y

_DTYPES = {"byte": torch.uint8, "float": torch.float32, "double": torch.float64}


def _read(path: str) -> bytes:
    try:
        with open(file_name(path), "rb") as file:
            return file.read()
    except OSError as error:
        raise TorchError(f"{path}: {error.strerror}") from error


def _content(name: str, tensor: Tensor) -> bytes:
    """The bytes of a file that a ByteTensor holds."""
    if not isinstance(tensor, Tensor) or tensor.dtype is not torch.uint8:
        raise wrong(name, f"Input tensor must be a byte tensor, not {describe(tensor)}")
    return tensor.cpu().contiguous().numpy().tobytes()


def _dtype(name: str, tensortype: str | None) -> torch.dtype:
    dtype = default.dtype if tensortype is None else _DTYPES.get(tensortype)
    if dtype not in TYPES:
        raise wrong(name, f"type must be one of: byte | float | double, not {tensortype!r}")
    return dtype


def _finished(pixels: Tensor, white: int, depth: int | None, dtype: torch.dtype) -> Tensor:
    """Loaded values as the user wants them: bytes, or 0..1; with 1 or 3 planes, or as many as there are."""
    image = torch.empty(pixels.shape, dtype=dtype).copy_(pixels)
    if dtype is not torch.uint8:
        image.mul_(1 / white)
    planes = image.size(0)
    if depth == 1 and planes != 1:
        return image[:1] if planes == 2 else rgb2y(image[:3])[0]
    if depth == 3 and planes != 3:
        if planes == 2:
            raise wrong("load", "image loaded has wrong #channels: 2")
        return image[:3] if planes == 4 else image.expand(3, -1, -1).contiguous()
    return image


def _bytes(name: str, tensor: Tensor, *planes: int) -> Tensor:
    """The bytes to save, CxHxW: of a ByteTensor as they are, else 0..1 clamped, times 255, and cut off."""
    if not isinstance(tensor, Tensor):
        raise wrong(name, f"tensor expected, got {describe(tensor)}")
    image = (tensor.unsqueeze(0) if tensor.dim() == 2 else tensor).cpu()
    if image.dim() != 3 or image.size(0) not in planes or image.numel() == 0:
        wanted = " or ".join(map(str, planes))
        raise wrong(name, f"image HxW or CxHxW expected, Depth must be {wanted}; got {size_text(tensor)}")
    if tensor.dtype is torch.uint8:
        return image
    values = image.to(default.dtype) if default.dtype.is_floating_point else image.double()
    return (values.clamp(0, 1) * 255).nan_to_num_(0).to(torch.uint8)


# Formats ------------------------------------------------------------------------------------------------------------


def _decoded(name: str, data: bytes, path: str, format: str, depth, tensortype) -> Tensor:
    dtype = _dtype(name, tensortype)
    if format == "png":
        pixels, white = pillow.read_png(data, path, dtype is not torch.uint8)
    else:
        pixels, white = (pillow.read_jpeg if format == "jpg" else ppm.read)(data, path), 255
    return _finished(pixels, white, depth, dtype)


def loadJPG(filename: str, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for a JPEG file."""
    return _decoded("loadJPG", _read(filename), filename, "jpg", depth, tensortype)


def loadPNG(filename: str, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for a PNG file."""
    return _decoded("loadPNG", _read(filename), filename, "png", depth, tensortype)


def loadPPM(filename: str, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for a PPM or PGM file."""
    return _decoded("loadPPM", _read(filename), filename, "ppm", depth, tensortype)


def decompressJPG(tensor: Tensor, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for a JPEG file's bytes in a ByteTensor."""
    return _decoded("decompressJPG", _content("decompressJPG", tensor), "ByteTensor", "jpg", depth, tensortype)


def decompressPNG(tensor: Tensor, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for a PNG file's bytes in a ByteTensor."""
    return _decoded("decompressPNG", _content("decompressPNG", tensor), "ByteTensor", "png", depth, tensortype)


def decompress(tensor: Tensor, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """As :func:`load`, for the bytes of a JPEG or PNG file in a ByteTensor."""
    data = _content("decompress", tensor)
    format = _magic(data)
    if format not in ("jpg", "png"):
        raise wrong("decompress", "Input must be either jpg or png format")
    return _decoded("decompress", data, "ByteTensor", format, depth, tensortype)


def compressJPG(tensor: Tensor, quality: int = 75) -> Tensor:
    """A JPEG file of an image as a ByteTensor. quality: 0..100."""
    return _tensor(_jpeg("compressJPG", tensor, 75 if quality is None else quality))


def compressPNG(tensor: Tensor) -> Tensor:
    """A PNG file of an image as a ByteTensor."""
    return _tensor(pillow.write_png(_bytes("compressPNG", tensor, 1, 3, 4)))


def _tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _jpeg(name: str, tensor: Tensor, quality) -> bytes:
    quality = number(quality)
    if quality is None or not 0 <= quality <= 100:
        raise wrong(name, "quality should be between 0 and 100")
    return pillow.write_jpeg(_bytes(name, tensor, 1, 3), int(quality))


def saveJPG(filename: str, tensor: Tensor) -> None:
    """As :func:`save`, in JPEG's format with quality 75."""
    write(filename, _jpeg("saveJPG", tensor, 75))


def savePNG(filename: str, tensor: Tensor) -> None:
    """As :func:`save`, in PNG's format."""
    write(filename, pillow.write_png(_bytes("savePNG", tensor, 1, 3, 4)))


def savePPM(filename: str, tensor: Tensor) -> None:
    """As :func:`save`, in PPM's format: 3xHxW."""
    write(filename, ppm.write(_bytes("savePPM", tensor, 3)))


def savePGM(filename: str, tensor: Tensor) -> None:
    """As :func:`save`, in PGM's format: HxW or 1xHxW."""
    write(filename, ppm.write(_bytes("savePGM", tensor, 1)))


def getJPGsize(filename: str) -> tuple[int, int, int]:
    """Planes, height and width of a JPEG file."""
    return pillow.jpeg_size(_read(filename), filename)


def getPNGsize(filename: str) -> tuple[int, int, int]:
    """Planes, height and width of a PNG file."""
    return pillow.png_size(_read(filename), filename)


def getPPMsize(filename: str) -> tuple[int, int, int]:
    """Planes, height and width of a PPM or PGM file."""
    return ppm.size(_read(filename), filename)


# All formats --------------------------------------------------------------------------------------------------------


FORMATS = {
    "jpg": {"loader": loadJPG, "saver": saveJPG, "sizer": getJPGsize},
    "png": {"loader": loadPNG, "saver": savePNG, "sizer": getPNGsize},
    "ppm": {"loader": loadPPM, "saver": savePPM, "sizer": getPPMsize},
    "pgm": {"loader": loadPPM, "saver": savePGM, "sizer": getPPMsize},
}
FORMATS["jpeg"] = FORMATS["jpg"]
FORMATS |= {name.upper(): format for name, format in FORMATS.items()}


def is_supported(suffix: str) -> bool:
    """Whether there is a format of that suffix: 'jpg', 'png', ..."""
    return suffix in FORMATS


def _magic(data: bytes) -> str | None:
    """The format that a file's first bytes tell."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG"):
        return "png"
    return {b"P2": "pgm", b"P5": "pgm", b"P3": "ppm", b"P6": "ppm"}.get(data[:2])


def _suffix(name: str, filename) -> str:
    """The format's name, from a file's."""
    if not isinstance(filename, str):
        raise wrong(name, "missing file name")
    found = re.search(r"\.([A-Za-z]+)\Z", filename)
    if not found:
        raise wrong(name, f"unable to determine image type for file: {filename}")
    if found[1] not in FORMATS:
        raise wrong(name, f"unknown image type: {found[1]}, of {filename}")
    return found[1]


def _detected(name: str, filename) -> dict[str, Callable]:
    """The format of a file: what it begins with counts more than its name."""
    if not isinstance(filename, str):
        raise wrong(name, "missing file name")
    try:
        with open(file_name(filename), "rb") as file:
            magic = _magic(file.read(4))
    except OSError as error:
        raise TorchError(f"{filename}: {error.strerror}") from error
    return FORMATS[magic or _suffix(name, filename)]


def load(filename: str, depth: int | None = None, tensortype: str | None = None) -> Tensor:
    """An image from a JPEG, PNG, PPM or PGM file, CxHxW.

    depth: 1 for grey (a colour image becomes HxW), 3 for colour; by default as the file has it.
    tensortype: 'byte' (0..255), or 'float' or 'double' (0..1); by default the default type.

    Raises:
        TorchError: there is no such file, or it is broken; the message names it.
    """
    return _detected("load", filename)["loader"](filename, depth, tensortype)


def getSize(filename: str) -> Tensor:
    """Planes, height and width of an image file, as a LongTensor."""
    return torch.tensor(_detected("getSize", filename)["sizer"](filename))


def save(filename: str, tensor: Tensor) -> None:
    """An image to a file of the format that its name ends in.

    tensor: HxW or CxHxW (PNG: 1, 3 or 4 planes; JPEG: 1 or 3; PPM: 3; PGM: 1): bytes, or values that are clamped to
        0..1, multiplied by 255 and cut off.
    """
    if filename is None or tensor is None:
        raise wrong("save", "missing file name | tensor to save")
    FORMATS[_suffix("save", filename)]["saver"](filename, tensor)
