"""RecurrentAttention: a recurrent module that chooses where to look (Mnih et al., 2014)."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe

from .sequencer import AbstractSequencer, as_recurrent, check_steps


@register("nn.RecurrentAttention")
class RecurrentAttention(AbstractSequencer):
    """``nStep`` times, ``action`` draws an action from the last output of ``rnn``, which then gets
    ``{input, action}``.

    ``hiddenSize`` is the size of an output of ``rnn`` (a Table of numbers): zeros of it make the first action. The
    output is a Table of the outputs of ``rnn``, or with the field ``forwardActions`` of ``{output, action}``.
    """

    def __init__(self, rnn: Module, action: Module, nStep: int, hiddenSize: Table):
        AbstractSequencer.__init__(self)
        for name, module in (("rnn", rnn), ("action", action)):
            if not isinstance(module, Module):
                raise TorchError(f"RecurrentAttention: {name} must be a nn.Module, got {describe(module)}")
        if not isinstance(nStep, (int, float)):
            raise TorchError(f"RecurrentAttention: nStep must be a number, got {describe(nStep)}")
        if not isinstance(hiddenSize, Table) or not isinstance(hiddenSize[1], (int, float)):
            raise TorchError("RecurrentAttention: hiddenSize must be a table of numbers")
        self.rnn, self.action = as_recurrent(rnn), as_recurrent(action)
        self.hiddenSize, self.nStep = hiddenSize, nStep
        self.modules = Table([self.rnn, self.action])
        self.output, self.actions = Table(), Table()
        self.forwardActions = False
        self.gradHidden = Table()

    def updateOutput(self, input):
        self.rnn.forget()
        self.action.forget()
        self._initInput = torch.zeros(len(input), *self.hiddenSize, dtype=input.dtype, device=input.device)
        hidden = self._initInput
        for step in range(1, self.nStep + 1):
            action = self.actions[step] = self.action.updateOutput(hidden)
            hidden = self.rnn.updateOutput(Table([input, action]))
            self.output[step] = Table([hidden, action]) if self.forwardActions else hidden
        return self.output

    def _hidden(self, step: int):
        """What the action of a step was drawn from."""
        if step == 1:
            return self._initInput
        return self.output[step - 1][1] if self.forwardActions else self.output[step - 1]

    def updateGradInput(self, input, gradOutput):
        check_steps(self.rnn, self.nStep, gradOutput, "RecurrentAttention")
        self._gradAction = torch.zeros_like(self.action.output)  # modules that draw take a reward instead
        for step in range(self.nStep, 0, -1):
            by_output, by_action = gradOutput[step] if self.forwardActions else (gradOutput[step], self._gradAction)
            if step == self.nStep:
                self.gradHidden[step] = utils.recursiveCopy(self.gradHidden[step], by_output)[0]
            else:
                utils.recursiveAdd(self.gradHidden[step], by_output)
            by_hidden = self.action.updateGradInput(self._hidden(step), by_action)
            if step > 1:
                self.gradHidden[step - 1] = utils.recursiveCopy(self.gradHidden[step - 1], by_hidden)[0]
            inputs = Table([input, self.actions[step]])
            by_input = self.rnn.updateGradInput(inputs, self.gradHidden[step])[1]
            if step == self.nStep:
                self.gradInput.resize_(by_input.shape).copy_(by_input)
            else:
                self.gradInput.add_(by_input)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._accumulate("accGradParameters", input, gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._accumulate("accUpdateGradParameters", input, gradOutput, lr)

    def _accumulate(self, method: str, input, gradOutput, factor) -> None:
        check_steps(self.rnn, self.nStep, gradOutput, "RecurrentAttention")
        for step in range(self.nStep, 0, -1):
            by_action = gradOutput[step][2] if self.forwardActions else self._gradAction
            getattr(self.action, method)(self._hidden(step), by_action, factor)
            getattr(self.rnn, method)(Table([input, self.actions[step]]), self.gradHidden[step], factor)

    def __tostring__(self) -> str:
        action, rnn = (module.__tostring__().replace("\n", "\n    |    ") for module in (self.action, self.rnn))
        return f"{type(self).__typename__} {{\n  action : {action}\n  rnn     : {rnn}\n}}"
