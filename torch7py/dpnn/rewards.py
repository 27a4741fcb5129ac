"""Criterions that reward the stochastic modules of a classifier."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nn._check import need_same_count, sizes
from torch7py.nn.criterion import Criterion
from torch7py.nn.module import Module
from torch7py.nn.regression import MSECriterion
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor


class _ClassReward(Criterion):
    """What they share: input ``{prediction, baseline}``; the reward is ``scale`` where the prediction is right.

    ``backward`` gives ``module`` the reward less the baseline, by ``reinforce``; the baseline learns the reward by
    ``criterion``, and nothing flows back to the prediction.
    """

    reward = vrReward = None

    def __init__(self, module: Module, scale: float | None = None, criterion: Criterion | None = None):
        Criterion.__init__(self)
        self.module = module
        self.scale = 1 if scale is None else scale
        self.criterion = MSECriterion() if criterion is None else criterion
        self.sizeAverage = True
        self.gradInput = Table([utils.default_tensor()])

    def updateOutput(self, input, target):
        if not isinstance(input, Table):
            raise TorchError(f"{type(self).__typename__}: {{prediction, baseline}} expected, got {describe(input)}")
        prediction = self._prediction(input[1])
        right = self._right(prediction, target)
        if self.reward is None:
            self.reward = utils.empty_like_type(prediction)
        self.reward.resize_(right.shape).copy_(right).mul_(self.scale)
        self.output = -self.reward.sum().item()
        if self.sizeAverage:
            self.output /= len(prediction)
        return self.output

    def updateGradInput(self, inputTable, target):
        prediction, baseline = self._prediction(inputTable[1]), self._baseline(inputTable[2])
        if self.vrReward is None:
            self.vrReward = utils.empty_like_type(self.reward)
        need_same_count(self.reward, baseline, ("reward", "baseline"))
        torch.sub(self.reward, baseline.view(-1), out=self.vrReward.resize_(self.reward.shape))
        if self.sizeAverage:
            self.vrReward.div_(len(prediction))
        self.module.reinforce(self.vrReward)
        by_prediction = self.gradInput[1]
        by_prediction.resize_(prediction.shape).zero_()
        self.criterion.forward(baseline, self.reward)
        by_baseline = self.criterion.backward(baseline, self.reward)
        self.gradInput[1], self.gradInput[2] = self._single(by_prediction), self._single(by_baseline)
        return self.gradInput

    def _prediction(self, prediction: Tensor) -> Tensor:
        return prediction

    def _baseline(self, baseline: Tensor) -> Tensor:
        return baseline

    def _single(self, gradient: Tensor) -> Tensor:
        return gradient

    def _right(self, prediction: Tensor, target: Tensor) -> Tensor:
        """For each sample, whether it is predicted right."""
        raise NotImplementedError

    def type(self, type=None, tensorCache=None):
        module = self.__dict__.pop("module")  # which is converted with its network
        try:
            return Criterion.type(self, type, tensorCache)
        finally:
            self.module = module


@register("nn.VRClassReward")
class VRClassReward(_ClassReward):
    """The variance-reduced reward of a classifier. (See :class:`_ClassReward`.)

    The prediction is a batch of rows, each class's score, the baseline batch x 1, the target the classes; or they are
    a single row, a number and a class.
    """

    def _prediction(self, prediction):
        return self.toBatch(prediction, 1)

    def _baseline(self, baseline):
        return self.toBatch(baseline, 1)

    def _single(self, gradient):
        return self.fromBatch(gradient, 1)

    def _right(self, prediction, target):
        best = prediction.argmax(1).add_(1)
        need_same_count(best, target, ("prediction", "target"))
        return best == target.view(-1).long()


@register("nn.BinaryClassReward")
class BinaryClassReward(_ClassReward):
    """The same for two classes: the prediction is a vector of probabilities of class 1, the target a vector of 0 and
    1.
    """

    def _right(self, prediction, target):
        if prediction.dim() != 1 or target.dim() != 1:
            raise TorchError(f"BinaryClassReward: vectors expected, got {sizes(prediction)} and {sizes(target)}")
        need_same_count(prediction, target, ("prediction", "target"))
        return (prediction > 0.5) == target
