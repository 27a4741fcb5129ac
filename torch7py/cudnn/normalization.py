"""Batch normalisation, and normalisation over neighbouring planes."""

from __future__ import annotations

from torch7py import nn
from torch7py.classes import register
from torch7py.errors import TorchError


@register("cudnn.BatchNormalization")
class BatchNormalization(nn.BatchNormalization):
    """nn.BatchNormalization, always with weight and bias; in training the batch counts even if it is of one sample."""

    def __init__(self, nFeature, eps=None, momentum=None, affine=None):
        if affine is False:
            raise TorchError("only affine supported")
        nn.BatchNormalization.__init__(self, nFeature, eps, momentum, True)

    def clearDesc(self) -> None:
        """Forget the sizes that a file may have kept."""
        self._set(iSize=None, scaleT=None)

    def _uses_batch(self, batch) -> bool:
        return bool(self.train) and batch.numel() > batch.shape[1]


@register("cudnn.SpatialBatchNormalization")
class SpatialBatchNormalization(BatchNormalization):
    """The same for batch x planes x height x width."""

    nDim = 4


@register("cudnn.VolumetricBatchNormalization")
class VolumetricBatchNormalization(BatchNormalization):
    """The same for batch x planes x time x height x width."""

    nDim = 5


@register("cudnn.SpatialCrossMapLRN")
class SpatialCrossMapLRN(nn.SpatialCrossMapLRN):
    """nn.SpatialCrossMapLRN; ``size`` is 5 unless given."""

    def __init__(self, size=None, alpha=None, beta=None, k=None):
        nn.SpatialCrossMapLRN.__init__(self, 5 if size is None else size, alpha, beta, k)
        for name, least, most in (("size", 1, 16), ("k", 1e-5, float("inf")), ("beta", 0.01, float("inf"))):
            if not least <= getattr(self, name) <= most:
                raise TorchError(f"{name} has to be from {least} to {most}, got {getattr(self, name)}")

    def read(self, file, version=None) -> None:
        nn.SpatialCrossMapLRN.read(self, file, version)
        if "K" in self.__dict__:  # the field's older name
            self.k = self.__dict__.pop("K")
