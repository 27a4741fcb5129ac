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
    """SGD with momentum as a Torch7 program does it: explicit backward, flat parameters, optim.sgd."""
    model, criterion, parameters, grad_parameters, x, target = network
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


def torch7_steps(networks: Table) -> dict[str, Benchmark]:
    """On the very networks of ``steps.lua``: where arrays lie in memory counts for more than what is compared here."""
    return {name: torch7_step(network) for name, network in networks.items()}


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
