"""StochasticGradient: the simplest way to train a network."""

from __future__ import annotations

from ..classes import TorchObject, register
from ..console import current, tostring
from ..table import Table
from ..tensor.registry import functions


@register("nn.StochasticGradient")
class StochasticGradient(TorchObject):
    """Trains ``module`` by one step of gradient descent for each example.

    Fields: ``learningRate`` (0.01), ``learningRateDecay`` (0), ``maxIteration`` (25 rounds through all examples; 0:
    no end), ``shuffleIndices`` (true), ``verbose`` (true). ``hookExample(example)`` is called after each example,
    ``hookIteration(iteration, error)`` after each round; Lua functions get this object first.
    """

    hookExample = hookIteration = None

    def __init__(self, module, criterion):
        self.learningRate = 0.01
        self.learningRateDecay = 0
        self.maxIteration = 25
        self.shuffleIndices = True
        self.module = module
        self.criterion = criterion
        self.verbose = True

    def train(self, dataset) -> None:
        """Train on ``dataset``: a list of pairs (input, target), or what has ``size()`` and gives such pairs (Tables)
        by their number from 1.
        """
        examples = _Examples(dataset)
        order = functions["randperm"](len(examples)).tolist()
        if not self.shuffleIndices:
            order.sort()
        current.console.print("# StochasticGradient: training")
        iteration, rate = 1, self.learningRate
        while True:
            error = sum(self._step(examples[number], rate) for number in order) / len(examples)
            if self.hookIteration is not None:
                self.hookIteration(iteration, error)
            if self.verbose:
                current.console.print("# current error = " + tostring(error))
            iteration += 1
            rate = self.learningRate / (1 + iteration * self.learningRateDecay)
            if 0 < self.maxIteration < iteration:
                current.console.print("# StochasticGradient: you have reached the maximum number of iterations")
                current.console.print("# training error = " + tostring(error))
                return

    def _step(self, example, rate: float) -> float:
        """Take one step; the loss before it."""
        module, criterion = self.module, self.criterion
        input, target = (example[1], example[2]) if isinstance(example, Table) else example
        loss = criterion.forward(module.forward(input), target)
        gradient = criterion.updateGradInput(module.output, target)
        module.updateGradInput(input, gradient)
        module.accUpdateGradParameters(input, gradient, rate)
        if self.hookExample is not None:
            self.hookExample(example)
        return loss[0] if isinstance(loss, tuple) else loss


class _Examples:
    """The examples of a data set, by numbers from 1."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.first = 0 if isinstance(dataset, (list, tuple)) else 1
        size = dataset["size"] if isinstance(dataset, Table) else getattr(dataset, "size", None)
        if size is None:
            self.size = len(dataset)
        else:  # a function in a table gets the table, as in `dataset:size()`
            self.size = size(dataset) if isinstance(dataset, Table) else size()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int):
        return self.dataset[int(number) - 1 + self.first]
