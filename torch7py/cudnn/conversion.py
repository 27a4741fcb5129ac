"""convert: between the modules of nn and those of cudnn."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from torch7py.classes import registry
from torch7py.errors import TorchError
from torch7py.nn import Module
from torch7py.tensor.arguments import describe

_LAYERS = frozenset(
    """BatchNormalization SpatialBatchNormalization SpatialConvolution SpatialCrossMapLRN SpatialFullConvolution
    SpatialMaxPooling SpatialAveragePooling ReLU Tanh Sigmoid SoftMax LogSoftMax VolumetricBatchNormalization
    VolumetricConvolution VolumetricFullConvolution VolumetricMaxPooling VolumetricAveragePooling""".split()
)
_OLDER = {
    "nn.SpatialConvolutionMM": "SpatialConvolution",
    "inn.SpatialCrossResponseNormalization": "SpatialCrossMapLRN",
}


def convert(net: Module, dst: ModuleType | str, exclusion_fn: Callable[[Module], object] | None = None) -> Module:
    """``net`` with its modules replaced by those of another package, on the same tensors.

    Arguments:
        net: a module with all that is in it; what is of a kind that the other package lacks stays as it is.
        dst: the package to convert to, nn or cudnn, or its name.
        exclusion_fn: called with each module; those for which it returns something true stay.

    Returns:
        the network: ``net`` itself, or what stands for it.
    """
    to = dst.__name__.rpartition(".")[2] if isinstance(dst, ModuleType) else dst
    if to not in ("nn", "cudnn"):
        raise TorchError(f"cudnn.convert: package nn or cudnn expected, got {describe(dst)}")
    origin = "nn." if to == "cudnn" else "cudnn."

    def converted(module: Module) -> Module:
        typename = type(module).__typename__
        name = _OLDER.get(typename, typename.removeprefix(origin))
        if name not in _LAYERS or name == typename or exclusion_fn is not None and exclusion_fn(module):
            return module
        if to == "nn" and getattr(module, "groups", 1) != 1:  # nn has no such convolution; this one needs no GPU
            return module
        return _as(module, f"{to}.{name}")

    return net.replace(converted)


def _as(module: Module, typename: str) -> Module:
    """A module of that class with the fields of another."""
    cls = registry.find(typename)
    new = cls.__new__(cls)
    new.__dict__.update(module.__dict__)
    if typename == "nn.ReLU":
        new.threshold = new.val = 0
    elif typename == "nn.SpatialAveragePooling":
        new.divide = new.count_include_pad = True
    return new
