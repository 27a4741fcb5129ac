"""The same training steps in Python: on torch7py, and in idiomatic PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from torch7py import Table, optim

Benchmark = Callable[[int], float]  # takes a number of rounds, returns the seconds that one took


def timed(step: Callable[[], object]) -> Benchmark:
    def benchmark(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            step()
        return (time.perf_counter() - start) / count

    return benchmark


def torch7_step(network: Table) -> Benchmark:
    """SGD with momentum as a Torch7 program does it: explicit backward, flat parameters, optim.sgd.

    ``network`` is one of ``steps.lua``, so that Lua and Python train the very same: where arrays lie in memory counts
    for more than what is compared here.
    """
    model, criterion, parameters, grad_parameters, x, target = network
    state = Table(learningRate=0.01, momentum=0.9)

    def feval(_):
        grad_parameters.zero_()
        output = model.forward(x)
        loss, _ = criterion.forward(output, target)
        model.backward(x, criterion.backward(output, target))
        return loss, grad_parameters

    return timed(lambda: optim.sgd(feval, parameters, state))


def torch7_forward(network: Table) -> Benchmark:
    """Only the output, in test mode."""
    model, x = network[1], network[5]

    def benchmark(count: int) -> float:
        model.evaluate()
        seconds = timed(lambda: model.forward(x))(count)
        model.training()
        return seconds

    return benchmark


def pytorch_step(model: torch.nn.Module, x: torch.Tensor, classes: int) -> Benchmark:
    """The same as PyTorch's own programs do it: autograd and torch.optim."""
    target = torch.randint(classes, x.shape[:1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, dampening=0.9)

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return timed(step)


def pytorch_forward(model: torch.nn.Module, x: torch.Tensor, classes: int) -> Benchmark:
    """Only the output, in test mode."""

    @torch.no_grad()
    def benchmark(count: int) -> float:
        model.eval()
        seconds = timed(lambda: model(x))(count)
        model.train()
        return seconds

    return benchmark


def pytorch_networks() -> dict[str, tuple[torch.nn.Module, torch.Tensor, int]]:
    """The networks of ``steps.lua``, each with an input and its number of classes."""
    from torch.nn import AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh

    def mlp():
        return Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10))

    def lenet():
        return Sequential(
            *(Conv2d(1, 32, 5), Tanh(), MaxPool2d(3), Conv2d(32, 64, 5), Tanh(), MaxPool2d(2)),
            *(Flatten(), Linear(256, 200), Tanh(), Linear(200, 10)),
        )

    def vgg():
        layers, planes = [], 3
        for size in (64, 64, "pool", 128, 128, "pool", 256):
            if size == "pool":
                layers.append(MaxPool2d(2))
            else:
                layers += [Conv2d(planes, size, 3, padding=1), BatchNorm2d(size), ReLU(inplace=True)]
                planes = size
        return Sequential(*layers, AvgPool2d(8), Flatten(), Dropout(0.5), Linear(256, 10))

    return {
        "mlp_b128": (mlp(), torch.rand(128, 784), 10),
        "lenet_b10": (lenet(), torch.rand(10, 1, 32, 32), 10),
        "lenet_b128": (lenet(), torch.rand(128, 1, 32, 32), 10),
        "vgg_b16": (vgg(), torch.rand(16, 3, 32, 32), 10),
        "tiny_b1": (Sequential(Linear(10, 20), Tanh(), Linear(20, 2)), torch.rand(1, 10), 2),
    }
