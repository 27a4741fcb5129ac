"""What dpnn adds to every module for training: constraints on parameters, clipped gradients, momentum."""

from __future__ import annotations

import math

from torch7py.classes import extends
from torch7py.errors import TorchError
from torch7py.nn import Container, LookupTable
from torch7py.nn.module import Module, both
from torch7py.table import Table
from torch7py.tensor.arguments import given

_plain_zero = Module.zeroGradParameters


@extends(Module)
class _SparseParameters:
    """Parameters of which not all need an update each time. A module that has some overrides ``sparseParameters``."""

    def sparseParameters(self):
        """Tables of the parameters to be updated, of their gradients, and of factors of their learning rates (or None).

        Keys may be missing in all three; a fourth result is the number of places then.
        """
        return self.parameters()

    def updateParameters(self, learningRate) -> None:
        parameters, gradients, scales, _ = _four(self.sparseParameters())
        for key, parameter in parameters.items() if parameters is not None else ():
            scale = given(scales and scales[key], 1)
            parameter.add_(gradients[key], alpha=-learningRate * scale)

    def zeroGradParameters(self) -> None:
        if getattr(self.sparseParameters, "__func__", None) is _SparseParameters.sparseParameters:
            _plain_zero(self)
            return
        _, gradients, _, _ = _four(self.sparseParameters())
        for gradient in gradients.values() if gradients is not None else ():
            gradient.zero_()


def _four(results) -> tuple:
    """The results of ``sparseParameters``, with None for those left out."""
    results = results if isinstance(results, tuple) else (results,)
    return (*results, None, None, None, None)[:4]


@extends(Container)
class _Containers:
    def extend(self, *modules: Module) -> Container:
        """Append several modules. Returns itself."""
        for module in modules:
            self.add(module)
        return self

    def sparseParameters(self):
        found, gradients, scales, size = Table(), Table(), Table(), 0
        for module in self.modules:
            its, its_gradients, its_scales, its_size = _four(module.sparseParameters())
            if its is None:
                continue
            for key, parameter in its.items():
                found[size + key], gradients[size + key] = parameter, its_gradients[key]
                scales[size + key] = its_scales and its_scales[key]
            size += given(its_size, len(its))
        return found, gradients, scales, size


@extends(Module)
class _Training:
    """A field of the name of an argument (``maxOutNorm``, ``momFactor``, ...) makes a module an exception."""

    maxOutNorm = maxInNorm = None
    cutoffNorm = moduleLocal = None
    wdFactor = wdMinDim = None
    momFactor = momDamp = momNesterov = momGradParams = None

    def maxParamNorm(self, maxOutNorm: float | None = None, maxInNorm: float | None = None) -> None:
        """Shorten the rows of all weight matrices to ``maxOutNorm``, and their columns to ``maxInNorm``."""
        maxOutNorm, maxInNorm = given(self.maxOutNorm, maxOutNorm), given(self.maxInNorm, maxInNorm)
        if maxOutNorm is None and maxInNorm is None:
            return
        if self.modules is not None:
            for module in self.modules:
                module.maxParamNorm(maxOutNorm, maxInNorm)
            return
        for parameter in both(self.parameters())[0] or ():
            if parameter.dim() > 1:
                _shorten(parameter, 0, maxOutNorm)
                _shorten(parameter, parameter.dim() - 1, maxInNorm)

    def gradParamClip(self, cutoffNorm: float, moduleLocal: bool | None = None) -> float | None:
        """Scale all gradients down so that their common norm is ``cutoffNorm`` at most; returns the norm they had.

        With ``moduleLocal`` each module that holds no others is dealt with by itself.
        """
        cutoffNorm, moduleLocal = given(self.cutoffNorm, cutoffNorm), given(self.moduleLocal, moduleLocal)
        if cutoffNorm <= 0:
            return None
        if moduleLocal and self.modules is not None:
            return math.sqrt(sum(module.gradParamClip(cutoffNorm, moduleLocal) ** 2 for module in self.modules))
        parameters, gradients = both(self.parameters())
        if parameters is None or gradients is None:
            return 0
        norm = math.sqrt(sum(float(gradient.norm()) ** 2 for gradient in gradients.values()))
        if norm > cutoffNorm:
            for gradient in gradients.values():
                gradient.mul_(cutoffNorm / norm)
        return norm

    def weightDecay(self, wdFactor: float, wdMinDim: int | None = None) -> None:
        """Add ``wdFactor`` times the parameters to their gradients, where they have ``wdMinDim`` (2) dimensions or
        more.
        """
        wdFactor, wdMinDim = given(self.wdFactor, wdFactor), given(self.wdMinDim, wdMinDim, 2)
        if wdFactor <= 0:
            return
        if self.modules is not None:
            for module in self.modules:
                module.weightDecay(wdFactor, wdMinDim)
            return
        parameters, gradients = both(self.parameters())
        for key, parameter in parameters.items() if parameters is not None and gradients is not None else ():
            if parameter.dim() >= wdMinDim:
                gradients[key].add_(parameter, alpha=wdFactor)

    def momentumGradParameters(self) -> Table | None:
        """The velocities of the parameters, at first copies of the gradients; None without parameters."""
        if self.momGradParams is None or not any(True for _ in self.momGradParams.keys()):
            _, gradients = both(self.parameters())
            if gradients is None or len(gradients) == 0:
                return None
            self.momGradParams = Table({key: gradient.clone() for key, gradient in gradients.items()})
        return self.momGradParams

    def updateGradParameters(
        self, momFactor: float, momDamp: float | None = None, momNesterov: bool | None = None
    ) -> None:
        """Momentum: ``velocity = momFactor * velocity + (1 - momDamp) * gradient`` takes the gradients' place.

        ``momDamp`` is ``momFactor`` unless given. With ``momNesterov`` it is added to them, times ``momFactor``.
        """
        momFactor = given(self.momFactor, momFactor)
        if momFactor <= 0:
            return
        momDamp, momNesterov = given(self.momDamp, momDamp, momFactor), given(self.momNesterov, momNesterov)
        if self.modules is not None:
            for module in self.modules:
                module.updateGradParameters(momFactor, momDamp, momNesterov)
            return
        parameters, gradients = both(self.parameters())
        if parameters is None or len(parameters) == 0:
            return
        velocities = self.momentumGradParameters()
        for key, gradient in gradients.items():
            velocity = velocities[key].mul_(momFactor).add_(gradient, alpha=1 - momDamp)
            if momNesterov:
                gradient.add_(velocity, alpha=momFactor)
            else:
                gradient.copy_(velocity)

    def checkParameters(self) -> None:
        """Raise if a parameter holds a nan."""
        for key, parameter in (both(self.parameters())[0] or Table()).items():
            if math.isnan(parameter.sum().item()):
                raise TorchError(f"NaN Error for param at index{key}")


@extends(LookupTable)
class _LookupTables:
    def maxParamNorm(self, maxOutNorm: float | None = None, maxInNorm: float | None = None) -> None:
        """Shorten the columns of the weights to ``maxOutNorm``, and the rows, which are one word's each, to
        ``maxInNorm``.
        """
        _shorten(self.weight, 1, given(self.maxOutNorm, maxOutNorm, self.maxInNorm, maxInNorm))
        _shorten(self.weight, 0, maxInNorm)


def _shorten(parameter, dimension: int, norm: float | None) -> None:
    """Shorten all slices along a dimension (from 0) to a norm, where one is given."""
    if norm is not None and norm > 0:
        parameter.renorm_(2, dimension, norm)
