"""Modules of Torch7 that PyTorch lacks, a few lines each. Converted networks consist of these and of ``torch.nn``.

An emitted source file holds the text of those that it uses, so each must stand by itself, with ``torch``, ``nn`` and
``F``. Dimensions count from 0. Several tensors come and go as a list.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class ConcatTable(nn.ModuleList):
    """What each branch gives for the input."""

    def __init__(self, *branches):
        super().__init__(branches)

    def forward(self, x):
        return [branch(x) for branch in self]


class ParallelTable(nn.ModuleList):
    """Each branch gets its own element of the input."""

    def __init__(self, *branches):
        super().__init__(branches)

    def forward(self, inputs):
        return [branch(x) for branch, x in zip(self, inputs)]


class MapTable(nn.ModuleList):
    """One module for each element of the input."""

    def __init__(self, module):
        super().__init__([module])

    def forward(self, inputs):
        return [self[0](x) for x in inputs]


class Concat(nn.ModuleList):
    """What the branches give for the input, joined along a dimension."""

    def __init__(self, dim, *branches):
        super().__init__(branches)
        self.dim = dim

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], self.dim)


class DepthConcat(nn.ModuleList):
    """What the branches give, joined along a dimension; smaller maps get zeros around them."""

    def __init__(self, dim, *branches):
        super().__init__(branches)
        self.dim = dim

    def forward(self, x):
        outputs = [branch(x) for branch in self]
        height, width = (max(y.shape[axis] for y in outputs) for axis in (-2, -1))
        padded = []
        for y in outputs:
            above, left = (height - y.shape[-2]) // 2, (width - y.shape[-1]) // 2
            padded.append(F.pad(y, (left, width - y.shape[-1] - left, above, height - y.shape[-2] - above)))
        return torch.cat(padded, self.dim)


class Parallel(nn.ModuleList):
    """Slice i of the input goes through branch i; the outputs are joined."""

    def __init__(self, input_dim, output_dim, *branches):
        super().__init__(branches)
        self.input_dim, self.output_dim = input_dim, output_dim

    def forward(self, x):
        return torch.cat([branch(part) for branch, part in zip(self, x.unbind(self.input_dim))], self.output_dim)


class Bottle(nn.ModuleList):
    """The module sees all leading dimensions but its own as one batch."""

    def __init__(self, module, input_dims):
        super().__init__([module])
        self.input_dims = input_dims

    def forward(self, x):
        inner = self.input_dims - 1
        y = self[0](x.flatten(0, -1 - inner))
        return y.unflatten(0, x.shape[: x.dim() - inner])


class CAddTable(nn.Module):
    """The sum of the inputs."""

    def forward(self, inputs):
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


class CMulTable(nn.Module):
    """The product of the inputs."""

    def forward(self, inputs):
        product = inputs[0]
        for x in inputs[1:]:
            product = product * x
        return product


class CSubTable(nn.Module):
    """The first input less the second."""

    def forward(self, inputs):
        return inputs[0] - inputs[1]


class CDivTable(nn.Module):
    """The first input divided by the second."""

    def forward(self, inputs):
        return inputs[0] / inputs[1]


class CMaxTable(nn.Module):
    """The largest of the inputs, element by element."""

    def forward(self, inputs):
        return torch.stack(list(inputs)).amax(0)


class CMinTable(nn.Module):
    """The smallest of the inputs, element by element."""

    def forward(self, inputs):
        return torch.stack(list(inputs)).amin(0)


class JoinTable(nn.Module):
    """The inputs joined along a dimension."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, inputs):
        return torch.cat(list(inputs), self.dim)


class SplitTable(nn.Module):
    """The slices along a dimension."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return list(x.unbind(self.dim))


class SelectTable(nn.Module):
    """One of the inputs."""

    def __init__(self, index):
        super().__init__()
        self.index = index

    def forward(self, inputs):
        return inputs[self.index]


class NarrowTable(nn.Module):
    """Some inputs in a row."""

    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, inputs):
        return list(inputs[self.start : self.stop])


class FlattenTable(nn.Module):
    """Lists within lists as one list."""

    def forward(self, inputs):
        flat = []
        for x in inputs:
            flat.extend(self.forward(x) if isinstance(x, (list, tuple)) else [x])
        return flat


class MixtureTable(nn.Module):
    """A sum of experts' outputs (a list, or slices along a dimension), each times its gate's value."""

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, inputs):
        gates, experts = inputs
        if not isinstance(experts, (list, tuple)):
            experts = experts.unbind(1 if self.dim is None else self.dim)
        shape = [-1] + [1] * (experts[0].dim() - 1)
        return sum(gates[:, i].view(shape) * y for i, y in enumerate(experts))


class Reshape(nn.Module):
    """The input in another shape, -1 standing for the batch."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)


class Permute(nn.Module):
    """The dimensions in another order."""

    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(self.order).contiguous()


class Narrow(nn.Module):
    """Some slices along a dimension."""

    def __init__(self, dim, start, length):
        super().__init__()
        self.dim, self.start, self.length = dim, start, length

    def forward(self, x):
        return x.narrow(self.dim, self.start, self.length)


class Select(nn.Module):
    """One slice along a dimension."""

    def __init__(self, dim, index):
        super().__init__()
        self.dim, self.index = dim, index

    def forward(self, x):
        return x.select(self.dim, self.index)


class Replicate(nn.Module):
    """The input repeated along a new dimension."""

    def __init__(self, count, dim):
        super().__init__()
        self.count, self.dim = count, dim

    def forward(self, x):
        return x.unsqueeze(self.dim).repeat_interleave(self.count, self.dim)


class Squeeze(nn.Module):
    """The input without a dimension of size 1."""

    def __init__(self, *dims):
        super().__init__()
        self.dims = dims

    def forward(self, x):
        return x.squeeze(self.dims)


class Unsqueeze(nn.Module):
    """The input with another dimension of size 1."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return x.unsqueeze(self.dim)


class Pad(nn.Module):
    """Slices of one value before or behind the others along a dimension."""

    def __init__(self, dim, before, behind, value=0.0):
        super().__init__()
        self.dim, self.before, self.behind, self.value = dim, before, behind, value

    def forward(self, x):
        after = x.dim() - 1 - self.dim
        return F.pad(x, [0, 0] * after + [self.before, self.behind], value=self.value)


class Sum(nn.Module):
    """The sum along a dimension."""

    def __init__(self, dim, keepdim=False):
        super().__init__()
        self.dim, self.keepdim = dim, keepdim

    def forward(self, x):
        return x.sum(self.dim, self.keepdim)


class Mean(nn.Module):
    """The mean along a dimension."""

    def __init__(self, dim, keepdim=False):
        super().__init__()
        self.dim, self.keepdim = dim, keepdim

    def forward(self, x):
        return x.mean(self.dim, self.keepdim)


class Max(nn.Module):
    """The largest value along a dimension."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return x.max(self.dim).values


class Min(nn.Module):
    """The smallest value along a dimension."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return x.min(self.dim).values


class Scale(nn.Module):
    """The input times a constant."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class Shift(nn.Module):
    """The input plus a constant."""

    def __init__(self, offset):
        super().__init__()
        self.offset = offset

    def forward(self, x):
        return x + self.offset


class Power(nn.Module):
    """The input to a power."""

    def __init__(self, exponent):
        super().__init__()
        self.exponent = exponent

    def forward(self, x):
        return x**self.exponent


class Abs(nn.Module):
    """The absolute value."""

    def forward(self, x):
        return x.abs()


class Exp(nn.Module):
    """The exponential function."""

    def forward(self, x):
        return x.exp()


class Log(nn.Module):
    """The natural logarithm."""

    def forward(self, x):
        return x.log()


class Sqrt(nn.Module):
    """The square root."""

    def forward(self, x):
        return x.sqrt()


class Square(nn.Module):
    """The square."""

    def forward(self, x):
        return x * x


class Clamp(nn.Module):
    """The input held between two bounds."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x):
        return x.clamp(self.low, self.high)


class CReLU(nn.Module):
    """The positive part of the input, and of its negative."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return torch.cat([x, -x], self.dim).relu()


class LegacyDropout(nn.Module):
    """Dropout as it was first: no scaling in training, but by ``1 - p`` in evaluation."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return F.dropout(x, self.p) * (1 - self.p) if self.training else x * (1 - self.p)


class LegacyMapDropout(nn.Module):
    """Drops whole maps: no scaling in training, but by ``1 - p`` in evaluation."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x * (1 - self.p)
        kept = torch.rand(*x.shape[:2], *[1] * (x.dim() - 2), dtype=x.dtype, device=x.device) >= self.p
        return x * kept


class WhiteNoise(nn.Module):
    """Gaussian noise added in training."""

    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, x):
        return x + self.mean + self.std * torch.randn_like(x) if self.training else x


class Bias(nn.Module):
    """A learnt vector (or number) added to the input."""

    def __init__(self, *size):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, x):
        return x + self.bias


class Gain(nn.Module):
    """The input times a learnt vector (or number)."""

    def __init__(self, *size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return x * self.weight


class OneBasedEmbedding(nn.Embedding):
    """Rows of a learnt table, by numbers from 1."""

    def forward(self, indices):
        return super().forward(indices.long() - 1)


class SeqLSTM(nn.LSTM):
    """A long short-term memory over sequences: its outputs alone."""

    def forward(self, x):
        return super().forward(x)[0]


class TemporalConvolution(nn.Conv1d):
    """A convolution over time; the input is batch x time x features."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class TemporalMaxPool(nn.MaxPool1d):
    """The largest values over time; the input is batch x time x features."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class Cosine(nn.Module):
    """Cosines between the input's rows and learnt vectors."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))

    def forward(self, x):
        lengths = (x.norm(dim=1, keepdim=True) + 1e-12) * (self.weight.norm(dim=1) + 1e-12)
        return x @ self.weight.t() / lengths


class Euclidean(nn.Module):
    """Distances between the input's rows and learnt vectors, the columns of ``weight``."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))

    def forward(self, x):
        return (x.unsqueeze(2) - self.weight).norm(dim=1)


class WeightedEuclidean(nn.Module):
    """Distances between the input's rows and learnt vectors, each direction with a weight of its own."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))
        self.diagCov = nn.Parameter(torch.ones(inputs, outputs))

    def forward(self, x):
        return ((x.unsqueeze(2) - self.weight) * self.diagCov).norm(dim=1)


class OneHot(nn.Module):
    """1 at the place that a number from 1 names, 0 elsewhere."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return F.one_hot(x.long() - 1, self.size).to(x.dtype)


class Constant(nn.Module):
    """The same tensor for each sample, whatever it is."""

    def __init__(self, *size):
        super().__init__()
        self.register_buffer("value", torch.zeros(size))

    def forward(self, x):
        return self.value.expand(len(x), *self.value.shape)


class GradientReversal(nn.Module):
    """The input; its gradient comes back with the other sign."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        y = x.view_as(x)
        if y.requires_grad:
            y.register_hook(lambda gradient: -self.factor * gradient)
        return y


class LocalConvolution(nn.Module):
    """A convolution with other weights at each place of the output."""

    def __init__(self, inputs, outputs, size, kernel, stride, padding):
        super().__init__()
        self.size, self.kernel, self.stride, self.padding = size, kernel, stride, padding
        places = size[0] * size[1]
        self.weight = nn.Parameter(torch.randn(places, outputs, inputs * kernel[0] * kernel[1]))
        self.bias = nn.Parameter(torch.zeros(outputs, *size))

    def forward(self, x):
        patches = F.unfold(x, self.kernel, padding=self.padding, stride=self.stride)
        return torch.einsum("pok,bkp->bop", self.weight, patches).unflatten(2, self.size) + self.bias


class Normalize(nn.Module):
    """Each row divided by its p-norm."""

    def __init__(self, p, eps):
        super().__init__()
        self.p, self.eps = p, eps

    def forward(self, x):
        if self.p == float("inf"):
            return x / (x.abs().amax(1, keepdim=True) + self.eps)
        return x / (x.abs().pow(self.p).sum(1, keepdim=True) + self.eps).pow(1 / self.p)


class MM(nn.Module):
    """The product of two (batches of) matrices."""

    def __init__(self, transpose_a=False, transpose_b=False):
        super().__init__()
        self.transpose_a, self.transpose_b = transpose_a, transpose_b

    def forward(self, inputs):
        a, b = inputs
        return (a.mT if self.transpose_a else a) @ (b.mT if self.transpose_b else b)


class MV(nn.Module):
    """The product of a (batch of) matrix and vector."""

    def __init__(self, transpose=False):
        super().__init__()
        self.transpose = transpose

    def forward(self, inputs):
        matrix, vector = inputs
        return ((matrix.mT if self.transpose else matrix) @ vector.unsqueeze(-1)).squeeze(-1)


class DotProduct(nn.Module):
    """The dot products of corresponding rows."""

    def forward(self, inputs):
        return (inputs[0] * inputs[1]).sum(1)


class CosineDistance(nn.Module):
    """The cosines of corresponding rows."""

    def forward(self, inputs):
        a, b = inputs
        return (a * b).sum(1) / ((a * a).sum(1) + 1e-12).sqrt() / ((b * b).sum(1) + 1e-12).sqrt()


class PairwiseDistance(nn.Module):
    """The p-norms of the differences of corresponding rows."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, inputs):
        return (inputs[0] - inputs[1]).abs().pow(self.p).sum(1).pow(1 / self.p)


class BilinearTable(nn.Bilinear):
    """``nn.Bilinear`` of a list of two inputs."""

    def forward(self, inputs):
        return super().forward(*inputs)


class Index(nn.Module):
    """Slices of a tensor along a dimension, by numbers from 1."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, inputs):
        return inputs[0].index_select(self.dim, inputs[1].long() - 1)


class Subtract(nn.Module):
    """An image less the weighted mean around each pixel, over all planes."""

    def __init__(self, planes, height, width):
        super().__init__()
        self.register_buffer("kernel", torch.zeros(1, planes, height, width))

    def forward(self, x):
        padding = [size // 2 for size in self.kernel.shape[2:]]
        inside = F.conv2d(torch.ones_like(x), self.kernel, padding=padding)
        return x - F.conv2d(x, self.kernel, padding=padding) / inside


class Divide(nn.Module):
    """An image divided by the weighted deviation around each pixel, over all planes; small ones are replaced."""

    def __init__(self, planes, height, width, threshold, value):
        super().__init__()
        self.threshold, self.value = threshold, value
        self.register_buffer("kernel", torch.zeros(1, planes, height, width))

    def forward(self, x):
        padding = [size // 2 for size in self.kernel.shape[2:]]
        inside = F.conv2d(torch.ones_like(x), self.kernel, padding=padding)
        deviation = F.conv2d(x * x, self.kernel, padding=padding).sqrt() / inside
        return x / F.threshold(deviation, self.threshold, self.value)
