"""Building blocks of image networks: Inception and FireModule."""

from __future__ import annotations

import math

from torch7py.classes import register, registry
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.nn import (
    Concat,
    Decorator,
    DepthConcat,
    Module,
    ReLU,
    Sequential,
    SpatialBatchNormalization,
    SpatialConvolution,
    SpatialMaxPooling,
)
from torch7py.table import Table


@register("nn.Inception")
class Inception(Decorator):
    """Columns side by side over the same planes, joined: some that reduce the planes and convolve, one that pools, and
    one that only reduces (Szegedy et al., 2014).

    The Table ``config`` holds

    - ``inputSize``: planes of the input
    - ``outputSize``: planes that each convolution gives
    - ``reduceSize``: planes to which each column reduces, then those of the pooling column and of the last one
      (where they are missing the former pools only, and the latter is left out)
    - ``reduceStride`` ({1, ...}), ``kernelSize`` ({5, 3}), ``kernelStride`` ({1, 1}): steps and sizes
    - ``transfer`` (ReLU): the module behind every convolution; ``batchNorm``: whether to normalize before it
    - ``padding`` (true): whether convolutions keep the image's size
    - ``poolSize`` (3), ``poolStride`` (1), or ``pool``: the pooling module

    Input: planes x height x width or a batch of these.
    """

    def __init__(self, config: Table):
        self.inputSize = config["inputSize"]
        self.outputSize = config["outputSize"]
        self.reduceSize = config["reduceSize"]
        for name in ("inputSize", "outputSize", "reduceSize"):
            if getattr(self, name) is None:
                raise TorchError(f"Inception: {name} is missing")
        self.reduceStride = config.get("reduceStride", Table())
        self.transfer = config.get("transfer") or ReLU()
        batchNorm = config["batchNorm"]
        self.padding = config["padding"] is not False
        self.kernelSize = config.get("kernelSize") or Table([5, 3])
        self.kernelStride = config.get("kernelStride") or Table([1, 1])
        self.poolSize = config.get("poolSize", 3)
        self.poolStride = config.get("poolStride", 1)
        self.pool = config.get("pool") or SpatialMaxPooling(
            self.poolSize, self.poolSize, self.poolStride, self.poolStride
        )
        self._set(batchNorm=batchNorm)
        columns = DepthConcat(2)
        for column in range(1, len(self.kernelSize) + 1):
            columns.add(self._convolving(column))
        columns.add(self._pooling(len(self.kernelSize) + 1))
        last = len(self.kernelSize) + 2
        if self.reduceSize[last] is not None:
            columns.add(self._reducing(Sequential(), last))
        self._compare_sizes()
        Decorator.__init__(self, columns)

    batchNorm = None

    def _reducing(self, chain: Sequential, column: int) -> Sequential:
        planes, stride = self.reduceSize[column], self.reduceStride[column] or 1
        return self._convolution(chain, SpatialConvolution(self.inputSize, planes, 1, 1, stride, stride), planes)

    def _convolving(self, column: int) -> Sequential:
        size, stride, planes = self.kernelSize[column], self.kernelStride[column], self.outputSize[column]
        chain = self._reducing(Sequential(), column)
        convolution = SpatialConvolution(
            self.reduceSize[column], planes, size, size, stride, stride, size // 2 if self.padding else 0
        )
        return self._convolution(chain, convolution, planes)

    def _pooling(self, column: int) -> Sequential:
        chain = Sequential().add(self.pool)
        return chain if self.reduceSize[column] is None else self._reducing(chain, column)

    def _convolution(self, chain: Sequential, convolution: Module, planes: int) -> Sequential:
        chain.add(convolution)
        if self.batchNorm:
            chain.add(SpatialBatchNormalization(planes))
        return chain.add(self.transfer.clone())

    def _compare_sizes(self) -> None:
        """Warn of columns that make images of different sizes."""

        def out(pad: int, kernel: int, stride: int) -> list[int]:
            return [math.floor((size + 2 * pad - kernel) / stride + 1) for size in (100, 200)]

        found = []
        for size, stride in zip(self.kernelSize, self.kernelStride):
            found.append(out(size // 2 if self.padding else 0, size, stride))
            if found[-1] != found[0]:
                current.console.print("dpnn.Inception: Warning: Inconsistent output sizes.")
        pool, last = self.pool, len(self.kernelSize) + 2
        if all(getattr(pool, name, None) is not None for name in ("kW", "dW", "padW")):
            if out(pool.padW, pool.kW, pool.dW) != found[0]:
                current.console.print("dpnn.Inception: Warning: Inconsistent output sizes in pooling.")
        if self.reduceSize[last] is not None and out(0, 1, self.reduceStride[last] or 1) != found[0]:
            current.console.print("dpnn.Inception: Warning: Inconsistent output sizes in 1x1 conv.")

    def updateOutput(self, input):
        self.output = self.fromBatch(self.modules[1].updateOutput(self.toBatch(input, 3)), 1)
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(self.toBatch(input, 3), self.toBatch(gradOutput, 3))
        self.gradInput = self.fromBatch(gradInput, 1)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        self.modules[1].accGradParameters(self.toBatch(input, 3), self.toBatch(gradOutput, 3), scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].accUpdateGradParameters(self.toBatch(input, 3), self.toBatch(gradOutput, 3), lr)


@register("nn.FireModule")
class FireModule(Decorator):
    """SqueezeNet's fire module (Iandola et al., 2016): a 1x1 convolution of ``nInputPlane`` to ``s1x1`` planes, then
    side by side a 1x1 convolution to ``e1x1`` and a 3x3 convolution to ``e3x3`` planes.

    ``activation`` (``'ReLU'``) is the name of the module behind both steps. Input: a batch of images.
    """

    def __init__(self, nInputPlane: int, s1x1: int, e1x1: int, e3x3: int, activation: str | None = None):
        self.nInputPlane, self.s1x1, self.e1x1, self.e3x3 = nInputPlane, s1x1, e1x1, e3x3
        self.activation = "ReLU" if activation is None else activation
        if s1x1 > e1x1 + e3x3:
            current.console.print("Warning: <FireModule> s1x1 is recommended to be smaller then e1x1+e3x3")
        transfer = registry.find(f"nn.{self.activation}")
        if transfer is None:
            raise TorchError(f"FireModule: there is no module nn.{self.activation}")
        self.squeeze = SpatialConvolution(nInputPlane, s1x1, 1, 1)
        self.expand = Concat(2).add(SpatialConvolution(s1x1, e1x1, 1, 1))
        self.expand.add(SpatialConvolution(s1x1, e3x3, 3, 3, 1, 1, 1, 1))
        self.module = Sequential().add(self.squeeze).add(transfer()).add(self.expand).add(transfer())
        Decorator.__init__(self, self.module)

    def __tostring__(self) -> str:
        return (
            f"{type(self).__typename__} inputPlanes: {self.nInputPlane} -> Squeeze Planes: {self.s1x1} -> "
            f"Expand: {self.e1x1}(1x1) + {self.e3x3}(3x3), activation: {self.activation}"
        )
