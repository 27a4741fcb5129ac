"""``torch7py convert`` and ``torch7py show``: what is in a ``.t7`` file, and the way out of it."""

from __future__ import annotations

import argparse
import json
import re
import sys

import torch7py
from torch7py import contents, nn
from torch7py.convert.conversion import convert
from torch7py.convert.writing import write
from torch7py.errors import TorchError
from torch7py.table import Table

SHOW = """Tell what a .t7 file holds: networks as Torch7 prints them with the parameters of each layer, tensors with
type, size and range, tables as a tree."""

CONVERT = """Convert the network in a .t7 file to plain PyTorch. The result is compared with the original on random
input before anything is written.

The ending of OUTPUT says to what:
  .pt, .safetensors   parameters (a state_dict), with readable source beside them (.py, with a function load())
  .py                 the source alone
  .pt2                a torch.export program
  .onnx               an ONNX model"""


def show(words: list[str]) -> int:
    """Run ``torch7py show``; returns the exit status."""
    parser = argparse.ArgumentParser("torch7py show", description=SHOW, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", metavar="FILE.t7")
    parser.add_argument("--json", action="store_true", help="the same for programs")
    options = parser.parse_args(words)
    try:
        value = torch7py.load(options.file)
    except (TorchError, OSError) as error:
        return _failed("show", error)
    print(json.dumps(contents.describe(value), indent=2) if options.json else contents.show(value))
    return 0


def convert_file(words: list[str]) -> int:
    """Run ``torch7py convert``; returns the exit status."""
    parser = argparse.ArgumentParser(
        "torch7py convert", description=CONVERT, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", metavar="MODEL.t7")
    parser.add_argument("output", metavar="OUTPUT", nargs="+", help="one or more files")
    parser.add_argument(
        *("--input", "-i"), action="append", default=[], metavar="SIZES", type=_sizes,
        help="size of the input without the batch, 3x224x224, where the layers\n"
        "do not tell it; once for each input of several",
    )  # fmt: skip
    parser.add_argument(
        "--name", metavar="PATH", help="where in the file the network is (protos.rnn), if not the first"
    )
    options = parser.parse_args(words)
    try:
        value = torch7py.load(options.file)
        net, path = _network(value, options.name, options.file)
        converted = convert(net, *options.input, title=f"{path or 'The network'} of {options.file.rpartition('/')[2]}.")
        sizes = ", ".join("x".join(map(str, _shape(x))) for x in converted.inputs)
        print(f"{path or 'the network'}: on random input ({sizes}) both differ by {converted.difference:.2g}")
        for output in options.output:
            print("wrote " + " and ".join(write(converted, output)))
    except (TorchError, OSError) as error:
        return _failed("convert", error)
    return 0


def _failed(command: str, error: Exception) -> int:
    print(f"torch7py {command}: {error}", file=sys.stderr)
    return 1


def _sizes(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+([x,]\d+)*", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected sizes such as 3x224x224")
    return tuple(map(int, re.split("[x,]", text)))


def _shape(value) -> tuple:
    return tuple(value.shape) if hasattr(value, "shape") else (len(value),)


def _network(value, name: str | None, file: str) -> tuple[nn.Module, str]:
    """The network of that name in a file, or the first there is, and its path."""
    found = list(_networks(value, ""))
    if name is not None:
        chosen = next((pair for pair in found if pair[1] == name), None)
    else:
        chosen = found[0] if found else None
    if chosen is None:
        names = ", ".join(path or "the file's value itself" for _, path in found) or "none"
        raise TorchError(f"{file}: no network{f' {name}' if name else ''} in it; there are: {names}")
    return chosen


def _networks(value, path: str, seen: set[int] | None = None):
    """The networks in a value, with their paths; not those within networks."""
    seen = set() if seen is None else seen
    if isinstance(value, nn.Module):
        yield value, path
    elif isinstance(value, (Table, dict)) and id(value) not in seen:
        seen.add(id(value))
        for key, item in value.items():
            inner = f"{path}.{key}".lstrip(".") if isinstance(key, str) else f"{path}[{key}]"
            yield from _networks(item, inner, seen)
