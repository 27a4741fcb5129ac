"""Converted networks as files: ``.pt``, ``.safetensors``, ``.py``, ``.onnx``, ``.pt2``."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from pathlib import Path

import torch

from torch7py.convert.conversion import Conversion
from torch7py.errors import TorchError


def write(conversion: Conversion, path: str) -> list[str]:
    """Write a converted network in the form that the file's ending asks for; returns the paths of what was written.

    ``.pt`` and ``.safetensors`` hold the ``state_dict``, with the source beside them as ``.py``; ``.py`` is the source
    alone; ``.pt2`` a ``torch.export`` program; ``.onnx`` an ONNX model. A file that fails to be written leaves what was
    there before.

    Raises:
        TorchError: an unknown ending, or a library is missing.
    """
    target = Path(path)
    writer = _WRITERS.get(target.suffix)
    if writer is None:
        raise TorchError(f"{path}: the ending must be one of {', '.join(_WRITERS)}")
    writer(conversion, target)
    if target.suffix not in (".pt", ".safetensors"):
        return [path]
    source = target.with_suffix(".py")
    _put(source, lambda file: Path(file).write_text(_with_loading(conversion, target), "utf-8"))
    return [path, str(source)]


def _put(target: Path, write) -> None:
    """Write to a temporary file, then put it in the target's place."""
    handle, temporary = tempfile.mkstemp(suffix=target.suffix, dir=target.parent)
    os.close(handle)
    try:
        write(temporary)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _with_loading(conversion: Conversion, weights: Path) -> str:
    """The source, with the lines that load the parameters beside it."""
    dtype = next((p.dtype for p in conversion.module.parameters()), torch.float32)
    make = "Network()" if dtype is torch.float32 else f"Network().to({dtype})"
    if weights.suffix == ".pt":
        load = "torch.load(path, weights_only=True)"
        imports = "import torch\n"
    else:
        load, imports = "load_file(path)", "from safetensors.torch import load_file\n"
    text = conversion.source
    missing = [
        line for line in (imports, "import torch\n") if line not in text and (line == imports or "torch." in make)
    ]
    text = text.replace("from torch import nn\n", "".join(dict.fromkeys(missing)) + "from torch import nn\n", 1)
    return (
        f'{text}\n\ndef load(path="{weights.name}"):\n    """The network with its parameters, in evaluation mode."""\n'
        f"    network = {make}\n    network.load_state_dict({load})\n    return network.eval()\n"
    )


def _state(conversion: Conversion) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in conversion.module.state_dict().items()}


def _pt(conversion: Conversion, target: Path) -> None:
    _put(target, lambda file: torch.save(_state(conversion), file))


def _safetensors(conversion: Conversion, target: Path) -> None:
    try:
        from safetensors.torch import save_file
    except ImportError:
        raise TorchError("safetensors is not installed: pip install 'torch7py[convert]'") from None
    state = {name: tensor.clone() for name, tensor in _state(conversion).items()}  # it takes no shared memory
    _put(target, lambda file: save_file(state, file))


def _py(conversion: Conversion, target: Path) -> None:
    _put(target, lambda file: Path(file).write_text(conversion.source, "utf-8"))


def _pt2(conversion: Conversion, target: Path) -> None:
    _put(target, lambda file: torch.export.save(exported(conversion), file))


def exported(conversion: Conversion) -> torch.export.ExportedProgram:
    """The network as a ``torch.export`` program, for batches of any size."""
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(_dynamic(value, batch) for value in conversion.inputs)
    return torch.export.export(conversion.module, conversion.inputs, dynamic_shapes=shapes)


def _dynamic(value, batch):
    return [_dynamic(item, batch) for item in value] if isinstance(value, list) else {0: batch}


def _onnx(conversion: Conversion, target: Path) -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise TorchError("writing ONNX needs onnx and onnxscript: pip install 'torch7py[convert]'") from None
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(_dynamic(value, batch) for value in conversion.inputs)
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # of libraries that it could use, and deprecations of its own
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                conversion.module, conversion.inputs, dynamo=True, verbose=False, dynamic_shapes=shapes
            )
    finally:
        log.setLevel(level)
    _put(target, lambda file: program.save(file))


_WRITERS = {".pt": _pt, ".safetensors": _safetensors, ".py": _py, ".pt2": _pt2, ".onnx": _onnx}
