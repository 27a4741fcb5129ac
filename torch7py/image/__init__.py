"""Torch7's image: loading and saving, geometry, colours, filters, drawing.

Images are tensors CxHxW, or HxW for grey ones: bytes 0..255, or floats or doubles, mostly 0..1. Most functions take a
destination before the image: ``scale(src, 64, 64)`` makes a new image, ``scale(dst, src)`` fills dst.
"""

from torch7py.image._check import public as _public
from torch7py.image.colour import (
    colormap,
    hsl2rgb,
    hsv2rgb,
    jetColormap,
    lab2rgb,
    rgb2hsl,
    rgb2hsv,
    rgb2lab,
    rgb2nrgb,
    rgb2y,
    rgb2yuv,
    y2jet,
    yuv2rgb,
)
from torch7py.image.cropping import crop, flip, hflip, translate, vflip
from torch7py.image.displaying import display, minmax, toDisplayTensor, window
from torch7py.image.drawing import drawRect, drawText
from torch7py.image.files import FORMATS as _FORMATS
from torch7py.image.files import (
    compressJPG,
    compressPNG,
    decompress,
    decompressJPG,
    decompressPNG,
    getJPGsize,
    getPNGsize,
    getPPMsize,
    getSize,
    is_supported,
    load,
    loadJPG,
    loadPNG,
    loadPPM,
    save,
    saveJPG,
    savePGM,
    savePNG,
    savePPM,
)
from torch7py.image.filters import convolve, dilate, erode, gaussianpyramid, lcn
from torch7py.image.kernels import gaussian, gaussian1D, laplacian
from torch7py.image.pictures import fabio, lena
from torch7py.image.sampling import logpolar, polar, rotate
from torch7py.image.scaling import scale
from torch7py.image.warping import affinetransform, warp

_functions = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
globals().update({name: _public(function) for name, function in _functions.items()})
supported_filetypes = {
    suffix: {use: _public(function) for use, function in format.items()} for suffix, format in _FORMATS.items()
}

__all__ = [*_functions, "supported_filetypes"]
