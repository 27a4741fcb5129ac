"""Reading the arguments of image's functions, and refusing what does not fit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.table import Table
from torch7py.tensor.arguments import describe, number
from torch7py.tensor.handle import face
from torch7py.tensor.types import typename

Tensor = torch.Tensor

TYPES = (torch.uint8, torch.float32, torch.float64)


def wrong(name: str, message: str) -> TorchError:
    """The error of ``image.NAME``."""
    return TorchError(f"<image.{name}> {message}")


def incorrect(name: str, forms: str, args) -> ArgumentError:
    """The error for arguments that fit none of the function's forms."""
    given = ", ".join(map(describe, args)) or "nothing"
    return ArgumentError(f"<image.{name}> incorrect arguments: got {given}; expected {forms}")


def operands(name: str, forms: str, args: tuple, tensors: int = 1) -> tuple:
    """``[dst,] src, ...``: the destination or None, as many tensors as are needed, and a list of all that follows."""
    args = list(args)
    while args and args[-1] is None:
        args.pop()
    leading = 0
    while leading < len(args) and (args[leading] is None or isinstance(args[leading], Tensor)):
        leading += 1
    if leading == tensors:
        args.insert(0, None)
    elif leading != tensors + 1:
        raise incorrect(name, forms, args)
    if any(tensor is None for tensor in args[1 : tensors + 1]):
        raise incorrect(name, forms, args)
    return *args[: tensors + 1], args[tensors + 1 :]


def numbers(name: str, forms: str, values: list, given: tuple) -> list:
    """The values as numbers."""
    found = [number(value) for value in values]
    if None in found:
        raise incorrect(name, forms, given)
    return found


def check_image(name: str, x: Tensor, *dims: int) -> None:
    """Raise unless ``x`` is a tensor of bytes, floats or doubles with one of these numbers of dimensions."""
    if not isinstance(x, Tensor) or x.dtype not in TYPES:
        raise wrong(name, f"ByteTensor, FloatTensor or DoubleTensor expected, got {describe(x)}")
    if x.dim() not in dims or x.numel() == 0:
        expected = " or ".join(f"{dim}D" for dim in dims)
        raise wrong(name, f"{expected} image expected, got {size_text(x)}")


def check_colour(name: str, x: Tensor) -> None:
    """Raise unless ``x`` is an image of three planes or more."""
    check_image(name, x, 3)
    if x.size(0) < 3:
        raise wrong(name, f"image of 3 planes expected, got {size_text(x)}")


def same_type(name: str, what: str, x: Tensor, src: Tensor) -> None:
    """Raise unless ``x``, which is called ``what``, has the type of the image."""
    if typename(x) != typename(src):
        raise wrong(name, f"the {what} must be a {typename(src)} as the image is, not a {describe(x)}")


def check_destination(name: str, dst: Tensor, src: Tensor) -> None:
    """Raise unless ``dst`` has the type, the number of dimensions and of planes of ``src``."""
    same_type(name, "destination", dst, src)
    if dst.dim() != src.dim() or dst.shape[:-2] != src.shape[:-2] or dst.numel() == 0:
        raise wrong(name, f"src and dst depths do not match: {size_text(src)}, {size_text(dst)}")


def size_text(x: Tensor) -> str:
    """``3x480x640``, or ``an empty tensor``."""
    return "x".join(map(str, x.shape)) if x.numel() else "an empty tensor"


def is_options(value) -> bool:
    """Whether this is Lua's ``{name = value, ...}``."""
    return isinstance(value, dict) or isinstance(value, Table) and len(value) == 0


def named(function: Callable) -> Callable:
    """Arguments by position, by keyword, or as Lua's ``f{name = value}`` in one table; None means the default."""
    parameters = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args, **keywords):
        if len(args) == 1 and is_options(args[0]):
            keywords = dict(args[0].items()) | keywords
            args = ()
        given = dict(zip(parameters, args)) | keywords
        values = []
        for name, parameter in parameters.items():
            value = given.get(name)
            if value is None:
                value = parameter.default
            if value is parameter.empty:
                raise wrong(function.__name__, f"missing argument: {name}")
            values.append(value)
        return function(*values)

    return call


def public(function: Callable) -> Callable:
    """The function as users call it: with handles or tensors, also by keyword."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args, **keywords):
        try:
            signature.bind(*args, **keywords)
        except TypeError as error:
            raise wrong(function.__name__, f"{error}; its arguments are {', '.join(signature.parameters)}") from None

        def plain(*values):
            return function(*values[: len(args)], **dict(zip(keywords, values[len(args) :])))

        return face(plain)(*args, *keywords.values())

    return call
