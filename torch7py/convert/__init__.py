"""Torch7 networks as plain PyTorch: modules, source code, ONNX."""

from torch7py.convert.conversion import Conversion, convert, from_torch, to_torch

__all__ = ["Conversion", "convert", "from_torch", "to_torch"]
