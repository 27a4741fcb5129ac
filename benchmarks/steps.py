"""The same training steps in Python: on torch7py, and in idiomatic PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from torch7py import Table, nn, optim

Benchmark = Callable[[int], float]  # takes a number of rounds, returns the seconds that one took


def timed(step: Callable[[], object]) -> Benchmark:
    def benchmark(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            step()
        return (time.perf_counter() - start) / count

    return benchmark


def sequential(*modules: nn.Module) -> nn.Sequential:
    model = nn.Sequential()
    for module in modules:
        model.add(module)
    return model


def torch7_step(model: nn.Sequential, classes: int, *shape: int) -> Benchmark:
    """SGD with momentum as a Torch7 program does it: explicit backward, flat parameters, optim.sgd."""
    model = model.float()
    criterion = nn.ClassNLLCriterion().float()
    parameters, grad_parameters = model.getParameters()
    x = torch.rand(shape)
    target = torch.randint(1, classes + 1, shape[:1])
    state = Table(learningRate=0.01, momentum=0.9)

    def feval(_):
        grad_parameters.zero_()
        output = model.forward(x)
        loss, _ = criterion.forward(output, target)
        model.backward(x, criterion.backward(output, target))
        return loss, grad_parameters

    return timed(lambda: optim.sgd(feval, parameters, state))


def pytorch_step(model: torch.nn.Module, classes: int, *shape: int) -> Benchmark:
    """The same as PyTorch's own programs do it: autograd and torch.optim."""
    x = torch.rand(shape)
    target = torch.randint(classes, shape[:1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, dampening=0.9)

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return timed(step)


def torch7_steps() -> dict[str, Benchmark]:
    def mlp():
        return sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10), nn.LogSoftMax()
        )

    def lenet():
        return sequential(
            *(nn.SpatialConvolution(1, 32, 5, 5), nn.Tanh(), nn.SpatialMaxPooling(3, 3, 3, 3)),
            *(nn.SpatialConvolution(32, 64, 5, 5), nn.Tanh(), nn.SpatialMaxPooling(2, 2, 2, 2)),
            *(nn.View(256), nn.Linear(256, 200), nn.Tanh(), nn.Linear(200, 10), nn.LogSoftMax()),
        )

    tiny = sequential(nn.Linear(10, 20), nn.Tanh(), nn.Linear(20, 2), nn.LogSoftMax())
    return {
        "mlp_b128": torch7_step(mlp(), 10, 128, 784),
        "lenet_b10": torch7_step(lenet(), 10, 10, 1, 32, 32),
        "lenet_b128": torch7_step(lenet(), 10, 128, 1, 32, 32),
        "tiny_b1": torch7_step(tiny, 2, 1, 10),
    }


def pytorch_steps() -> dict[str, Benchmark]:
    from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh

    def mlp():
        return Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10))

    def lenet():
        return Sequential(
            *(Conv2d(1, 32, 5), Tanh(), MaxPool2d(3), Conv2d(32, 64, 5), Tanh(), MaxPool2d(2)),
            *(Flatten(), Linear(256, 200), Tanh(), Linear(200, 10)),
        )

    tiny = Sequential(Linear(10, 20), Tanh(), Linear(20, 2))
    return {
        "mlp_b128": pytorch_step(mlp(), 10, 128, 784),
        "lenet_b10": pytorch_step(lenet(), 10, 10, 1, 32, 32),
        "lenet_b128": pytorch_step(lenet(), 10, 128, 1, 32, 32),
        "tiny_b1": pytorch_step(tiny, 2, 1, 10),
    }
