"""REINFORCE (Williams, 1992): stochastic modules that learn from a reward instead of a gradient.

A criterion such as VRClassReward hands the reward to the modules by ``reinforce``; in ``backward`` they ignore
gradOutput and give the gradient of the log probability of what they drew, times the reward, negated.
"""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit
from torch7py.table import Table
from torch7py.tensor.arguments import describe
from torch7py.tensor.registry import functions

from ._gamma import gamma

Tensor = torch.Tensor
_TINY = 0.00000001  # against division by zero


@register("nn.Reinforce")
class Reinforce(Module):
    """What stochastic modules share. They draw in training, with ``stochastic`` in evaluation too."""

    stochastic = reward = None

    def __init__(self, stochastic: bool | None = None):
        Module.__init__(self)
        self._set(stochastic=stochastic)

    def reinforce(self, reward: Tensor) -> None:
        """Take a reward for each sample, for the next ``backward``."""
        Module.reinforce(self, reward)
        self.reward = reward

    def updateOutput(self, input):
        return self.output.set_(input)

    def updateGradInput(self, input, gradOutput):
        reward = self.rewardAs(input)
        return self.gradInput.resize_(reward.shape).copy_(reward)

    def rewardAs(self, input: Tensor) -> Tensor:
        """The reward in the sizes of ``input``: each sample's for all its elements."""
        reward = self.reward
        if reward is None:
            raise TorchError(f"{type(self).__typename__}: no reward yet (call reinforce before backward)")
        if reward.dim() != 1:
            raise TorchError(f"{type(self).__typename__}: a reward for each sample expected, got {sizes(reward)}")
        if reward.shape == input.shape:
            return reward
        if len(reward) != len(input):
            input = self.toBatch(input, input.dim())  # a single sample
            if len(reward) != len(input):
                raise TorchError(f"{type(self).__typename__}: {len(reward)} rewards for {len(input)} samples")
        return reward.view(-1, *[1] * (input.dim() - 1)).expand_as(input)

    @property
    def _drawing(self) -> bool:
        return bool(self.stochastic) or self.train is not False

    def _rewarded(self, gradient: Tensor) -> Tensor:
        """The gradient of the log probability, made one to descend on."""
        return gradient.mul_(self.rewardAs(gradient).view(gradient.shape)).neg_()


class _TwoParameters(Reinforce):
    """What distributions of two parameters share: the input is the first, and the second a field, or a Table holds
    both.
    """

    _second: str

    def __init__(self, second, stochastic: bool | None):
        Reinforce.__init__(self, stochastic)
        self._set(**{self._second: second})
        if second is None:
            self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])

    def _parameters(self, input) -> tuple[Tensor, Tensor]:
        """Both parameters as tensors of the same sizes."""
        first, second = input if isinstance(input, Table) else (input, self.__dict__.get(self._second))
        if isinstance(second, (int, float)):
            return first, torch.full_like(first, second)
        name = type(self).__typename__
        if not isinstance(second, Tensor):
            raise TorchError(f"{name}: {self._second} must be a number or tensor, got {describe(second)}")
        if second.dim() + 1 == first.dim():
            second = second.unsqueeze(0).expand_as(first)
        if second.shape != first.shape:
            raise TorchError(f"{name}: input {sizes(first)}, but {self._second} {sizes(second)}")
        return first, second

    def updateGradInput(self, input, gradOutput):
        first, second = self._parameters(input)
        gradients = self._gradients(first, second)
        if isinstance(input, Table):
            for place, gradient in enumerate(gradients, 1):
                fit(self.gradInput[place], first).copy_(self._rewarded(gradient))
        else:
            fit(self.gradInput, first).copy_(self._rewarded(gradients[0]))
        return self.gradInput

    def _gradients(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """New tensors: the gradients of the log probability of ``output`` by both parameters."""
        raise NotImplementedError


@register("nn.ReinforceNormal")
class ReinforceNormal(_TwoParameters):
    """Draws from normal distributions. Input: the means, or ``{means, standard deviations}`` if ``stdev`` (a number, or
    a tensor like one sample or all input) is not given. In evaluation the output is the mean.
    """

    _second = "stdev"

    def __init__(self, stdev: float | Tensor | None = None, stochastic: bool | None = None):
        _TwoParameters.__init__(self, stdev, stochastic)

    def updateOutput(self, input):
        mean, stdev = self._parameters(input)
        output = fit(self.output, mean)
        if not self._drawing:
            return output.copy_(mean)
        random.default().fill_normal(output)
        return output.mul_(stdev).add_(mean)

    def _gradients(self, mean, stdev):
        off = self.output - mean
        variance = stdev * stdev
        by_stdev = (off * off).sub_(variance).div_((variance * stdev).add_(_TINY))
        return off.div_(stdev).div_(stdev), by_stdev


@register("nn.ReinforceGamma")
class ReinforceGamma(_TwoParameters):
    """Draws from gamma distributions. Input: the shapes, or ``{shapes, scales}`` if ``scale`` (a number, or a tensor
    like one sample or all input) is not given. In evaluation the output is shape times scale.
    """

    _second = "scale"

    def __init__(self, scale: float | Tensor | None = None, stochastic: bool | None = None):
        _TwoParameters.__init__(self, scale, stochastic)

    def updateOutput(self, input):
        shape, scale = self._parameters(input)
        output = fit(self.output, shape)
        if self._drawing:
            return output.copy_(gamma(shape.float(), scale.float()))
        return torch.mul(shape, scale, out=output)

    def _gradients(self, shape, scale):
        by_shape = self.output.log().sub_(torch.digamma(shape)).sub_(scale.log())
        return by_shape, (self.output / scale - shape) / scale


@register("nn.ReinforceBernoulli")
class ReinforceBernoulli(Reinforce):
    """Draws 0 or 1. Input: the probabilities of 1, which are the output in evaluation."""

    def updateOutput(self, input):
        output = fit(self.output, input)
        if not self._drawing:
            return output.copy_(input)
        random.default().fill_uniform(output, 0, 1)
        return output.copy_(output < input)

    def updateGradInput(self, input, gradOutput):
        gradInput = torch.sub(self.output, input, out=fit(self.gradInput, input))
        return self._rewarded(gradInput.div_((1 - input).mul_(input)))


@register("nn.ReinforceCategorical")
class ReinforceCategorical(Reinforce):
    """Draws one of several: zeros with a one. Input: a batch of rows of probabilities, which are the output in
    evaluation.
    """

    def updateOutput(self, input):
        output = fit(self.output, input)
        if not self._drawing:
            return output.copy_(input)
        drawn = functions["multinomial"](input, 1)
        return output.zero_().scatter_(1, drawn.view(-1, 1) - 1, 1)

    def updateGradInput(self, input, gradOutput):
        return self._rewarded(torch.div(self.output, input + _TINY, out=fit(self.gradInput, input)))
