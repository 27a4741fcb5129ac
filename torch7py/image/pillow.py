"""JPEG and PNG images, by Pillow."""

from __future__ import annotations

import io
import struct
import warnings

import numpy
import torch

from torch7py.errors import TorchError

from . import png16


def _pillow():
    try:
        import PIL.Image
        import PIL.ImageFile  # noqa: F401
    except ImportError:
        raise TorchError("reading and writing JPEG and PNG needs Pillow: pip install torch7py[image]") from None
    return PIL.Image


def _open(data: bytes, path: str, format: str):
    """The image, of which Pillow has read the header."""
    image = _pillow()
    try:
        return image.open(io.BytesIO(data), formats=(format,))
    except (OSError, SyntaxError, ValueError, struct.error, image.DecompressionBombError) as error:
        raise _broken(path, format, "init_io", error) from error


def _broken(path: str, format: str, step: str, error: Exception) -> TorchError:
    reason = "" if type(error).__name__ == "UnidentifiedImageError" else f" ({error})"
    return TorchError(f"{path}: Error during {step}: broken {format} image{reason}")


def _pixels(data: bytes, path: str, format: str, mode: str | None = None) -> numpy.ndarray:
    """HxWxC, or HxW; converted to one of Pillow's modes, if that is given."""
    image = _open(data, path, format)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return numpy.asarray(image.convert(mode) if mode else image)
    except (OSError, SyntaxError, ValueError, IndexError, struct.error) as error:
        raise _broken(path, format, "read_image", error) from error


def _planes(pixels: numpy.ndarray) -> torch.Tensor:
    """CxHxW."""
    pixels = torch.from_numpy(numpy.array(pixels))
    return pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1)


# JPEG ---------------------------------------------------------------------------------------------------------------


def jpeg_size(data: bytes, path: str) -> tuple[int, int, int]:
    """Planes, height and width."""
    image = _open(data, path, "JPEG")
    return len(image.getbands()), image.height, image.width


def read_jpeg(data: bytes, path: str) -> torch.Tensor:
    """Bytes CxHxW: grey, RGB or CMYK."""
    pixels = _pixels(data, path, "JPEG")
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = 255 - pixels  # Pillow turns inks into light
    return _planes(pixels)


def write_jpeg(pixels: torch.Tensor, quality: int) -> bytes:
    """The file for bytes CxHxW, C being 3 or 1."""
    return _encode(pixels, "JPEG", quality=quality)


def _encode(pixels: torch.Tensor, format: str, **options) -> bytes:
    pixels = pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)
    file = io.BytesIO()
    _pillow().fromarray(pixels.contiguous().numpy()).save(file, format, **options)
    return file.getvalue()


# PNG ----------------------------------------------------------------------------------------------------------------

_GREY, _PALETTE = 0, 3  # of a header's colour types


def _header(data: bytes, path: str) -> tuple[int, int]:
    """Bits in a value, and colour type."""
    _open(data, path, "PNG")
    return data[24], data[25]


def png_size(data: bytes, path: str) -> tuple[int, int, int]:
    """Planes, height and width; a palette's colours count as 3 planes."""
    planes = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
    image = _open(data, path, "PNG")
    return planes[data[25]], image.height, image.width


def read_png(data: bytes, path: str, wide: bool) -> tuple[torch.Tensor, int]:
    """Pixels CxHxW, and the value of white: 255; for a file of 16 bits, if ``wide`` asks for these, 65535."""
    bits, kind = _header(data, path)
    if bits == 16:
        pixels = _planes(_pixels(data, path, "PNG").astype(numpy.int32)) if kind == _GREY else png16.read(data, path)
        return (pixels, 65535) if wide else ((pixels >> 8).to(torch.uint8), 255)
    mode = "RGB" if kind == _PALETTE else "L" if bits < 8 else None
    return _planes(_pixels(data, path, "PNG", mode)), 255


def write_png(pixels: torch.Tensor) -> bytes:
    """The file for bytes CxHxW, C being 1, 3 or 4."""
    return _encode(pixels, "PNG")
