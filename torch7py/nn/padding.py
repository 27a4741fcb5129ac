"""Padding of images and volumes: with zeros, mirrored, with the edge."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._check import need_dims, need_sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
_aten = torch.ops.aten


class _Padding(Module):
    """What the paddings share: the fields ``_fields`` say how many rows and columns to add on each side, in the
    kernels' order; a negative number takes some away.
    """

    _fields = ("pad_l", "pad_r", "pad_t", "pad_b")
    _labels = ("l", "r", "t", "b")

    def _set_pads(self, *pads) -> None:
        """Set the fields; those not given are as the first."""
        Module.__init__(self)
        for field, pad in zip(self._fields, pads, strict=True):
            setattr(self, field, pads[0] if pad is None else pad)

    def _pads(self) -> list[int]:
        return [getattr(self, field) for field in self._fields]

    def _check(self, input: Tensor) -> None:
        pads, dims = self._pads(), len(self._fields) // 2
        need_dims(input, self.output, dims + 1, dims + 2)
        for place in range(dims):
            if input.shape[-1 - place] + pads[2 * place] + pads[2 * place + 1] < 1:
                raise TorchError("input is too small")

    def __tostring__(self) -> str:
        pads = zip(self._labels, self._pads(), strict=True)
        return f"{type(self).__typename__}({', '.join(f'{label}={pad}' for label, pad in pads)})"


@register("nn.SpatialZeroPadding")
class SpatialZeroPadding(_Padding):
    """Zeros around an image: ``pad_l`` columns left, ``pad_r`` right, ``pad_t`` rows above, ``pad_b`` below.

    The others are as the first unless given.
    """

    def __init__(self, pad_l, pad_r=None, pad_t=None, pad_b=None):
        self._set_pads(pad_l, pad_r, pad_t, pad_b)

    def updateOutput(self, input):
        self._check(input)
        return take(self.output, torch.constant_pad_nd(input, self._pads(), 0))

    def updateGradInput(self, input, gradOutput):
        gradient = torch.constant_pad_nd(gradOutput, [-pad for pad in self._pads()], 0)
        need_sizes(gradient, input.shape, "cropped gradOutput")
        return take(self.gradInput, gradient)


class _EdgePadding(_Padding):
    """Paddings with what is in the image: kernels for positive numbers, cropping for negative ones."""

    def updateOutput(self, input):
        self._check(input)
        return take(self.output, self._pad(_cropped(input, self._pads()), self._positive()))

    def updateGradInput(self, input, gradOutput):
        pads = self._pads()
        gradient = self._pad_backward(gradOutput, _cropped(input, pads), self._positive())
        # what was cropped away gets zeros
        return take(self.gradInput, torch.constant_pad_nd(gradient, [max(-pad, 0) for pad in pads], 0))

    def _positive(self) -> list[int]:
        return [max(pad, 0) for pad in self._pads()]


def _cropped(input: Tensor, pads: list[int]) -> Tensor:
    return torch.constant_pad_nd(input, [min(pad, 0) for pad in pads], 0) if min(pads) < 0 else input


@register("nn.SpatialReflectionPadding")
class SpatialReflectionPadding(_EdgePadding):
    """The image mirrored at its edges. Arguments as for SpatialZeroPadding."""

    _pad = staticmethod(_aten.reflection_pad2d.default)
    _pad_backward = staticmethod(_aten.reflection_pad2d_backward.default)

    def __init__(self, pad_l, pad_r=None, pad_t=None, pad_b=None):
        self._set_pads(pad_l, pad_r, pad_t, pad_b)


@register("nn.SpatialReplicationPadding")
class SpatialReplicationPadding(_EdgePadding):
    """The image's edge repeated. Arguments as for SpatialZeroPadding."""

    _pad = staticmethod(_aten.replication_pad2d.default)
    _pad_backward = staticmethod(_aten.replication_pad2d_backward.default)

    def __init__(self, pad_l, pad_r=None, pad_t=None, pad_b=None):
        self._set_pads(pad_l, pad_r, pad_t, pad_b)


@register("nn.VolumetricReplicationPadding")
class VolumetricReplicationPadding(_EdgePadding):
    """A volume's edge repeated, also before and behind it. Numbers not given are as the first."""

    _fields = ("pleft", "pright", "ptop", "pbottom", "pfront", "pback")
    _labels = ("left", "right", "top", "bottom", "front", "back")
    _pad = staticmethod(_aten.replication_pad3d.default)
    _pad_backward = staticmethod(_aten.replication_pad3d_backward.default)

    def __init__(self, pleft, pright=None, ptop=None, pbottom=None, pfront=None, pback=None):
        self._set_pads(pleft, pright, ptop, pbottom, pfront, pback)
