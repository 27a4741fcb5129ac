"""A donkey's work: a batch of digits, each of them distorted at random."""

import math

import torch7py as torch


def distort(image):
    """An image of bytes 0..16 as numbers 0..1, turned by up to 0.2 radians, shifted by up to one pixel, lighter or
    darker."""
    size = image.size(2)
    # elements are read and written as Python's lists, which is much quicker than one by one in the tensor
    source, to = [row.tolist() for row in torch.unwrap(image[1])], []
    angle, scale = torch.uniform(-0.2, 0.2), torch.uniform(0.8, 1.2) / 16
    dy, dx = torch.random(-1, 1), torch.random(-1, 1)
    cos, sin = math.cos(angle), math.sin(angle)
    middle = (size + 1) / 2

    def pixel(y, x):
        return source[y - 1][x - 1] if 1 <= y <= size and 1 <= x <= size else 0

    for y in range(1, size + 1):
        for x in range(1, size + 1):
            # where this pixel comes from: between four others
            v, u = y - dy - middle, x - dx - middle
            sy, sx = cos * v - sin * u + middle, sin * v + cos * u + middle
            top, left = math.floor(sy), math.floor(sx)
            b, a = sy - top, sx - left
            to.append(
                scale
                * (
                    (1 - b) * ((1 - a) * pixel(top, left) + a * pixel(top, left + 1))
                    + b * ((1 - a) * pixel(top + 1, left) + a * pixel(top + 1, left + 1))
                )
            )
    return torch.Tensor(to).resize(1, size, size)


def load_batch(data, labels, indices, seed):
    """The images and labels of these indices; the seed belongs to the batch, so that no donkey draws other numbers."""
    torch.manualSeed(seed)
    count = indices.size(1)
    inputs = torch.Tensor(count, 1, data.size(3), data.size(4))
    targets = torch.Tensor(count)
    for i in range(1, count + 1):
        inputs[i].copy(distort(data[indices[i]]))
        targets[i] = labels[indices[i]]
    return inputs, targets
