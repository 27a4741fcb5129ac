"""image.lena, image.fabio: a photograph to try things on."""

from __future__ import annotations

from pathlib import Path

from ._check import Tensor
from .files import load

_PHOTOGRAPH = str(Path(__file__).with_name("hopper.jpg"))


def lena() -> Tensor:
    """A colour photograph of 512x512 pixels, 3xHxW in 0..1: Grace Hopper, as in Torch7."""
    return load(_PHOTOGRAPH, 3)


def fabio() -> Tensor:
    """The same in grey, HxW (Torch7 had another photograph, of 257x271 pixels)."""
    return load(_PHOTOGRAPH, 1)
