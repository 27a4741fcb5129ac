"""Recurrences of modules of one's own: Recurrent, Recursor, Recurrence."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Add, CAddTable, Container, Decorator, Module, ParallelTable, Sequential, Sigmoid, utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe, given
from torch7py.tensor.storage import Storage

from .abstract import AbstractRecurrent

Tensor = torch.Tensor


@register("nn.Recurrent")
class Recurrent(AbstractRecurrent):
    """``output(t) = transfer(merge{input module(input(t)), feedback(output(t-1))})``.

    For the first step, ``start`` takes the feedback's place: a module, or the size of a bias to be learnt.
    ``transfer`` is Sigmoid and ``merge`` CAddTable unless given; ``rho`` is how many steps gradients flow back.
    """

    initialModule = None

    def __init__(
        self,
        start: Module | int | Storage | Table,
        input: Module,
        feedback: Module,
        transfer: Module | None = None,
        rho: int | None = None,
        merge: Module | None = None,
    ):
        AbstractRecurrent.__init__(self, rho)
        if isinstance(start, (int, float, Storage, Table)):
            start = Add(*start) if isinstance(start, (Storage, Table)) else Add(start)
        elif not isinstance(start, Module):
            raise TorchError(
                "Recurrent : expecting arg 1 of type nn.Module, torch.LongStorage, number or table, "
                f"got {describe(start)}"
            )
        self.startModule, self.inputModule, self.feedbackModule = start, input, feedback
        self.transferModule = Sigmoid() if transfer is None else transfer
        self.mergeModule = CAddTable() if merge is None else merge
        self.modules = Table([start, input, feedback, self.transferModule, self.mergeModule])
        self.buildInitialModule()
        self.buildRecurrentModule()
        self.sharedClones[2] = self.recurrentModule

    def buildInitialModule(self) -> None:
        """Make ``initialModule``, for the first step."""
        self.initialModule = Sequential().add(self.inputModule.sharedClone()).add(self.startModule)
        self.initialModule.add(self.transferModule.sharedClone())

    def buildRecurrentModule(self) -> None:
        """Make ``recurrentModule``, for all other steps."""
        sides = ParallelTable().add(self.inputModule).add(self.feedbackModule)
        self.recurrentModule = Sequential().add(sides).add(self.mergeModule).add(self.transferModule)

    def updateOutput(self, input):
        if self.step == 1:
            return self._advance(self.initialModule.updateOutput(input))
        return self._advance(self._forward(Table([input, self.outputs[self.step - 1]])))

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        if self.gradPrevOutput is not None:
            gradOutput = self._whole_gradient(step, self.gradPrevOutput, gradOutput)
        if step == 1:
            return self.initialModule.updateGradInput(input, gradOutput)
        inputs = Table([input, self.outputs[step - 1]])
        gradInput, self.gradPrevOutput = self.getStepModule(step).updateGradInput(inputs, gradOutput)
        return gradInput

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        step = self._back_at(self.accGradParametersStep)
        if step != self.step - 1:
            gradOutput = self._gradOutputs[step]
        if step == 1:
            self.initialModule.accGradParameters(input, gradOutput, scale)
        else:
            inputs = Table([input, self.outputs[step - 1]])
            self.getStepModule(step).accGradParameters(inputs, gradOutput, scale)

    def includingSharedClones(self, f):
        modules, clones, initial = self.modules, self.sharedClones, self.initialModule
        self.modules = Table([*modules, *(clones.values() if clones is not None else ()), initial])
        self._set(sharedClones=None, initialModule=None)
        try:
            return f()
        finally:
            self.modules, self.sharedClones, self.initialModule = modules, clones, initial

    def reinforce(self, reward) -> None:
        if not isinstance(reward, Table):
            self.includingSharedClones(lambda: Container.reinforce(self, reward))
            return
        for step, one in enumerate(reward, 1):
            (self.initialModule if step == 1 else self.getStepModule(step)).reinforce(one)

    def maskZero(self, nInputDim=None):
        raise TorchError(
            "Recurrent doesn't support maskZero as it uses a different module for the first time-step. "
            "Use nn.Recurrence instead."
        )

    def trimZero(self, nInputDim=None):
        raise TorchError(
            "Recurrent doesn't support trimZero as it uses a different module for the first time-step. "
            "Use nn.Recurrence instead."
        )

    def __tostring__(self) -> str:
        def inner(module: Module, margin: str) -> str:
            return module.__tostring__().replace("\n", "\n" + margin)

        return "\n".join(
            [
                f"{type(self).__typename__} {{",
                "  [{input(t), output(t-1)} -> (1) -> (2) -> (3) -> output(t)]",
                "  (1):  {",
                "    input(t)",
                f"      |`-> (t==0): {inner(self.startModule, '    |    ')}",
                f"      |`-> (t~=0): {inner(self.inputModule, '    |    ')}",
                "    output(t-1)",
                f"      |`-> {inner(self.feedbackModule, '      |    ')}",
                "  }",
                f"  (2): {inner(self.mergeModule, '  ')}",
                f"  (3): {inner(self.transferModule, '  ')}",
                "}",
            ]
        )


@register("nn.Recursor")
class Recursor(AbstractRecurrent):
    """Makes any module, which may hold recurrent ones, one that works on a step at a time, as sequencers need it."""

    def __init__(self, module: Module, rho: int | None = None):
        AbstractRecurrent.__init__(self, 9999999 if rho is None else rho)
        self.recurrentModule = self.module = module
        self.modules = Table([module])
        self.sharedClones[1] = module

    def updateOutput(self, input):
        return self._advance(self._forward(input))

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        module = self.getStepModule(step)
        module.setOutputStep(step)
        return module.updateGradInput(input, gradOutput)

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        step = self._back_at(self.accGradParametersStep)
        module = self.getStepModule(step)
        module.setOutputStep(step)
        module.accGradParameters(input, gradOutput, scale)

    def maxBPTTstep(self, rho) -> None:
        self.rho = rho
        Module.maxBPTTstep(self, rho)

    def getHiddenState(self, step=None, input=None):
        return self.modules[1].getHiddenState(step, input)

    def setHiddenState(self, step, hiddenState) -> None:
        self.modules[1].setHiddenState(step, hiddenState)

    def getGradHiddenState(self, step=None, input=None):
        return self.modules[1].getGradHiddenState(step, input)

    def setGradHiddenState(self, step, gradHiddenState) -> None:
        self.modules[1].setGradHiddenState(step, gradHiddenState)

    __tostring__ = Decorator.__tostring__


@register("nn.Recurrence")
class Recurrence(AbstractRecurrent):
    """``output(t) = recurrentModule{input(t), output(t-1)}``, where output(0) is zeros.

    ``outputSize`` is the size of an output: a number, sizes, or for Tables of outputs a Table of these. ``nInputDim``
    is the number of dimensions of one sample of the input's first tensor.
    """

    nInputDim = zeroTensor = typeTensor = None

    def __init__(self, recurrentModule: Module, outputSize, nInputDim: int, rho: int | None = None):
        AbstractRecurrent.__init__(self, 9999 if rho is None else rho)
        if not isinstance(outputSize, (int, float, Storage, Table)):
            raise TorchError(f"Recurrence: Unsupported size type: {describe(outputSize)}")
        self.outputSize = Table([outputSize]) if isinstance(outputSize, (int, float)) else outputSize
        if not isinstance(nInputDim, (int, float)):
            raise TorchError(f"Recurrence: Expecting nInputDim number for arg 3, got {describe(nInputDim)}")
        self.nInputDim = nInputDim
        if not isinstance(recurrentModule, Module):
            raise TorchError(f"Recurrence: Expecting nn.Module for arg 1, got {describe(recurrentModule)}")
        self.recurrentModule = self.module = recurrentModule
        self.modules[1] = recurrentModule
        self.sharedClones[1] = recurrentModule
        self.typeTensor = utils.default_tensor()  # just for its type

    def recursiveResizeZero(self, tensor, size, batchSize: int | None = None):
        """A nest of zeros of these sizes, in ``tensor`` if that fits."""
        if isinstance(size, Table) and not isinstance(size[1], (int, float)):
            tensor = tensor if isinstance(tensor, Table) else Table()
            for place, item in enumerate(size, 1):
                tensor[place] = self.recursiveResizeZero(tensor[place], item, batchSize)
            return tensor
        if not isinstance(size, (Table, Storage)):
            raise TorchError(f"Recurrence: Unknown size type : {describe(size)}")
        tensor = tensor if isinstance(tensor, Tensor) else utils.empty_like_type(self.typeTensor)
        return tensor.resize_([*([] if batchSize is None else [batchSize]), *map(int, size)]).zero_()

    def getBatchSize(self, input, nInputDim: int | None = None) -> int | None:
        """How many samples an input has; None if it is a single one."""
        nInputDim = self.nInputDim if nInputDim is None else nInputDim
        if isinstance(input, Table):
            return self.getBatchSize(input[1])
        if input.dim() not in (nInputDim, nInputDim + 1):
            raise TorchError(f"Recurrence: inconsistent tensor dims: {input.dim()}, nInputDim {nInputDim}")
        return None if input.dim() == nInputDim else len(input)

    def getHiddenState(self, step=None, input=None):
        place = self._state_step(step, self.step)
        state = self.outputs[place]
        if place == 0:
            if input is not None:
                self.zeroTensor = self.recursiveResizeZero(self.zeroTensor, self.outputSize, self.getBatchSize(input))
            state = given(self.userPrevOutput, state, self.zeroTensor)
        # the recurrent module may hold recurrent ones
        return Table({1: state, 2: Container.getHiddenState(self, step)})

    def setHiddenState(self, step, hiddenState) -> None:
        _check_state(hiddenState)
        self.outputs[self._state_step(step, self.step)] = hiddenState[1]
        if hiddenState[2] is not None:
            Container.setHiddenState(self, step, hiddenState[2])

    def getGradHiddenState(self, step=None, input=None):
        place = self._state_step(step, given(self.updateGradInputStep, self.step))
        gradient = self.gradOutputs[place]
        if place == self.step - 1:
            gradient = given(self.userNextGradOutput, gradient, self.zeroTensor)
        return Table({1: gradient, 2: Container.getGradHiddenState(self, step)})

    def setGradHiddenState(self, step, gradHiddenState) -> None:
        _check_state(gradHiddenState)
        self.gradOutputs[self._state_step(step, given(self.updateGradInputStep, self.step))] = gradHiddenState[1]
        if gradHiddenState[2] is not None:
            Container.setGradHiddenState(self, step, gradHiddenState[2])

    def updateOutput(self, input):
        return self._advance(self._forward(Table([input, self.getHiddenState(self.step - 1, input)[1]])))

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        gradOutput = self._whole_gradient(step, self.getGradHiddenState(step)[1], gradOutput)
        inputs = Table([input, self.getHiddenState(step - 1)[1]])
        gradients = self.getStepModule(step).updateGradInput(inputs, gradOutput)
        self.setGradHiddenState(step - 1, Table(gradients.list()[1:]))
        return gradients[1]

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        step = self._back_at(self.accGradParametersStep)
        gradOutput = given(self._gradOutputs[step], self.getGradHiddenState(step)[1])
        inputs = Table([input, self.getHiddenState(step - 1)[1]])
        self.getStepModule(step).accGradParameters(inputs, gradOutput, scale)

    __tostring__ = Decorator.__tostring__


def _check_state(state) -> None:
    if not isinstance(state, Table) or state[1] is None:
        raise TorchError(f"a table with the hidden state expected, got {describe(state)}")
