"""Parts of images: SpatialUniformCrop and SpatialGlimpse."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import avg_pool2d, interpolate, pad

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, SpatialAveragePooling, utils
from torch7py.nnx import SpatialReSampling
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor


@register("nn.SpatialUniformCrop")
class SpatialUniformCrop(Module):
    """Crops of ``oheight`` x ``owidth`` (as high unless given), in training at a place drawn for each image, later
    from the middle.

    ``scale`` = {min=, max=} or {min, max}: in training the crop is that much larger, drawn too, and then resampled.
    Input: planes x height x width or a batch of these.
    """

    scale = coord = scales = scaler = None

    def __init__(self, oheight: int, owidth: int | None = None, scale: Table | None = None):
        Module.__init__(self)
        self._set(scale=scale)
        if scale is not None:
            if not isinstance(scale, Table):
                raise TorchError(f"SpatialUniformCrop: scale must be a table, got {describe(scale)}")
            self.scaler = SpatialReSampling(Table(owidth=owidth, oheight=oheight))
        self.oheight = oheight
        self.owidth = oheight if owidth is None else owidth

    def updateOutput(self, input):
        images = self.toBatch(input, 3)
        output = self.output.resize_(*images.shape[:2], self.oheight, self.owidth)
        height, width = images.shape[2:]
        if self.train is False:
            top, left = (math.ceil((size - cut) / 2) for size, cut in ((height, self.oheight), (width, self.owidth)))
            output.copy_(images[:, :, top - 1 : top - 1 + self.oheight, left - 1 : left - 1 + self.owidth])
        else:
            self._draw(len(images), height, width)
            for place, image in enumerate(images):
                part = self._part(image, place)
                output[place] = part if self.scale is None else self.scaler.updateOutput(part)
        self.output = self.fromBatch(output, 1)
        return self.output

    def _draw(self, count: int, height: int, width: int) -> None:
        """Draw where the crops of ``count`` images begin: ``coord``, and ``scales``."""
        generator = random.default()
        if self.coord is None:
            self.coord = torch.empty(0, dtype=torch.int32)
        coord = self.coord.resize_(count, 2)
        if self.scale is not None:
            if self.scales is None:
                self.scales = torch.empty(0, dtype=torch.float32)
            self.scales.resize_(count)
        for place in range(count):
            cut_height, cut_width = self.oheight, self.owidth
            if self.scale is not None:
                low, high = self.scale.get("min") or self.scale[1], self.scale.get("max") or self.scale[2]
                self.scales[place] = generator.uniform(low, high)
                cut_height, cut_width = self._cut(place)
            coord[place, 0] = math.ceil(generator.uniform(1e-2, height - cut_height))
            coord[place, 1] = math.ceil(generator.uniform(1e-2, width - cut_width))

    def _cut(self, place: int) -> tuple[int, int]:
        """Height and width of what is cut out for an image."""
        if self.scale is None:
            return self.oheight, self.owidth
        scale = self.scales[place].item()
        return math.ceil(scale * self.oheight), math.ceil(scale * self.owidth)

    def _part(self, image: Tensor, place: int) -> Tensor:
        """The part of an image that its crop shows."""
        (top, left), (cut_height, cut_width) = self.coord[place].tolist(), self._cut(place)
        if self.scale is not None:
            height, width = image.shape[1:]
            # Torch7 has the height in both
            middle = math.ceil(height / 2 - (height - cut_height) / 2 + top)
            centre = math.ceil(width / 2 - (height - cut_width) / 2 + left)
            top = max(1, middle - math.ceil(cut_height / 2))
            left = max(1, centre - math.ceil(cut_width / 2))
        return image.narrow(1, top - 1, cut_height).narrow(2, left - 1, cut_width)

    def updateGradInput(self, input, gradOutput):
        images, gradients = self.toBatch(input, 3), self.toBatch(gradOutput, 3)
        gradInput = self.gradInput.resize_(images.shape).zero_()
        for place, gradient in enumerate(gradients):
            if self.scale is not None:
                gradient = self.scaler.updateGradInput(self._part(images[place], place), gradient)
            self._part(gradInput[place], place).copy_(gradient)
        self.gradInput = self.fromBatch(gradInput, 1)
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(coord=None, scales=None)
        return Module.type(self, type, tensorCache)


@register("nn.SpatialGlimpse")
class SpatialGlimpse(Module):
    """A look at a place of an image: ``depth`` (3) patches around it, each ``scale`` (2) times as large as the one
    before and scaled down to the size of the first, one behind the other as planes.

    ``size`` is that of the first patch: a number, or {height, width}. Input: ``{images, locations}``; images are
    planes x height x width, a location is {y, x} from (-1, -1) for the top left corner to (1, 1); or batches of both.
    Nothing flows back to the location.
    """

    def __init__(self, size: int | Table, depth: int | None = None, scale: float | None = None):
        self.height, self.width = (size, size) if isinstance(size, (int, float)) else tuple(size)
        self.depth = 3 if depth is None else depth
        self.scale = 2 if scale is None else scale
        for name in ("height", "width", "depth", "scale"):
            if not isinstance(getattr(self, name), (int, float)):
                raise TorchError(f"SpatialGlimpse: {name} must be a number, got {describe(getattr(self, name))}")
        Module.__init__(self)
        self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])
        if self.scale == 2:
            self.module = SpatialAveragePooling(2, 2, 2, 2)
        else:
            self.module = SpatialReSampling(Table(oheight=self.height, owidth=self.width))
        self.modules = Table([self.module])

    def updateOutput(self, inputTable):
        images, locations = self._batches(inputTable)
        planes = images.shape[1]
        output = self.output.resize_(len(images), self.depth, planes, self.height, self.width)
        for depth, (height, width) in enumerate(self._patch_sizes()):
            padded = pad(images, _margins(height, width))
            patches = [_patch(image, place, height, width) for image, place in zip(padded, locations)]
            output[:, depth] = self._reduce(torch.stack(patches))
        self.output = self.fromBatch(output.resize_(len(images), self.depth * planes, self.height, self.width), 1)
        return self.output

    def updateGradInput(self, inputTable, gradOutput):
        images, locations = self._batches(inputTable)
        gradients = self.toBatch(gradOutput, 3).reshape(len(images), self.depth, -1, self.height, self.width)
        if len(self.gradInput) != 2:
            self.gradInput = Table([utils.empty_like_type(images), utils.empty_like_type(images)])
        gradInput, by_location = self.gradInput
        gradInput.resize_(images.shape).zero_()
        for depth, (height, width) in enumerate(self._patch_sizes()):
            left, right, top, bottom = _margins(height, width)
            padded = pad(torch.zeros_like(images), (left, right, top, bottom))
            by_patches = self._reduce_backward(gradients[:, depth], height, width)
            for image, place, gradient in zip(padded, locations, by_patches):
                _patch(image, place, height, width).copy_(gradient)
            gradInput.add_(padded.narrow(2, top, images.shape[2]).narrow(3, left, images.shape[3]))
        self.gradInput[1] = self.fromBatch(gradInput, 1)
        self.gradInput[2] = self.fromBatch(by_location.resize_(len(images), 2).zero_(), 1)
        return self.gradInput

    def _batches(self, inputTable: Table) -> tuple[Tensor, Tensor]:
        if not isinstance(inputTable, Table) or len(inputTable) < 2:
            raise TorchError(f"SpatialGlimpse: {{images, locations}} expected, got {describe(inputTable)}")
        images, locations = self.toBatch(inputTable[1], 3), self.toBatch(inputTable[2], 1)
        if images.dim() != 4 or locations.dim() != 2:
            raise TorchError(
                f"SpatialGlimpse: images of 3 or 4 dimensions and locations of 1 or 2 expected, got {images.dim()} and "
                f"{locations.dim()} (with batch)"
            )
        return images, locations

    def _patch_sizes(self) -> list[tuple[int, int]]:
        height, width = math.floor(self.height), math.floor(self.width)
        sizes = [(height, width)]
        for _ in range(1, self.depth):
            height, width = math.floor(height * self.scale), math.floor(width * self.scale)
            sizes.append((height, width))
        return sizes

    def _factors(self, height: int, width: int) -> list[int]:
        return [height // self.height, width // self.width]

    def _reduce(self, patches: Tensor) -> Tensor:
        """A batch of patches, scaled down to the size of the first."""
        height, width = patches.shape[2:]
        if (height, width) == (self.height, self.width):
            return patches
        if isinstance(self.module, SpatialAveragePooling):
            return avg_pool2d(patches, self._factors(height, width))
        return self.module.updateOutput(patches)

    def _reduce_backward(self, gradients: Tensor, height: int, width: int) -> Tensor:
        if (height, width) == (self.height, self.width):
            return gradients
        if isinstance(self.module, SpatialAveragePooling):
            factors = self._factors(height, width)
            return interpolate(gradients, scale_factor=factors, mode="nearest").div_(math.prod(factors))
        return self.module.updateGradInput(gradients.new_empty(*gradients.shape[:2], height, width), gradients)


def _margins(height: int, width: int) -> tuple[int, int, int, int]:
    """What is put around an image so that patches may stand out: left, right, above and below."""
    return ((width - 1) // 2,) * 2 + ((height - 1) // 2,) * 2


def _patch(image: Tensor, location: Tensor, height: int, width: int) -> Tensor:
    """The part of a padded image around a location."""
    y, x = ((place + 1) / 2 for place in location.tolist())
    rows, columns = image.shape[1] - height, image.shape[2] - width
    top, left = math.floor(min(rows, max(0, y * rows))), math.floor(min(columns, max(0, x * columns)))
    return image.narrow(1, top, height).narrow(2, left, width)
