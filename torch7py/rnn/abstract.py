"""AbstractRecurrent: what all modules share that work on one step of a sequence at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.classes import register
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.nn import Container, Module, utils
from torch7py.table import Table
from torch7py.torchx import nests

from .masks import MaskZero, TrimZero
from .steps import time_steps

Tensor = torch.Tensor


@register("nn.AbstractRecurrent")
class AbstractRecurrent(Container):
    """A module whose ``updateOutput`` takes the next step of a sequence, and whose ``updateGradInput`` and
    ``accGradParameters`` then go back, one step each, in reverse.

    ``recurrentModule`` does the work of a step. Every step has a clone of it that shares parameters
    (``sharedClones``), so that each can go back on its own; after ``rho`` steps they are used again. ``outputs`` and
    ``gradInputs`` hold what the steps gave, ``step`` is the number of the next one.

    A new kind overrides ``updateOutput``, ``_updateGradInput`` and ``_accGradParameters``.
    """

    dpnn_stepclone = True
    recurrentModule = sharedClones = None
    inputSize = outputSize = None
    nSharedClone = rmInSharedClones = None
    updateGradInputStep = accGradParametersStep = gradPrevOutput = None
    cells = gradCells = None
    # What a program may set: the state before the first step, and the gradients that come in behind the last one.
    userPrevOutput = userPrevCell = userNextGradOutput = userNextGradCell = None

    def __init__(self, rho: int | None = None):
        Container.__init__(self)
        self.rho = 99999 if rho is None else rho
        self.outputs, self.gradInputs = Table(), Table()
        self._gradOutputs, self.gradOutputs = Table(), Table()
        self.step = 1
        self.sharedClones = Table()
        self.reset()

    def getStepModule(self, step: int) -> Module:
        """The clone of ``recurrentModule`` for a step."""
        module = self.sharedClones[step]
        if module is None:
            module = self.recurrentModule.stepClone()
            self.sharedClones[step] = module
            self.nSharedClone = _size(self.sharedClones)
        return module

    def maskZero(self, nInputDim: int) -> AbstractRecurrent:
        """Zero output and state of samples whose input (of ``nInputDim`` dimensions) is all zeros. Returns itself."""
        return self._decorate(MaskZero(self.recurrentModule, nInputDim, True))

    def trimZero(self, nInputDim: int) -> AbstractRecurrent:
        """The same, by leaving such samples out of the batch. Returns itself."""
        return self._decorate(TrimZero(self.recurrentModule, nInputDim, True))

    def _decorate(self, module: Module) -> AbstractRecurrent:
        self.recurrentModule = self.modules[1] = module
        self.sharedClones = Table([module])
        return self

    # --- one step of time

    def _forward(self, input):
        """The output for ``input`` of the module of this step: in evaluation always the same one."""
        if self.train is False:
            return self.recurrentModule.updateOutput(input)
        self.recycle()
        return self.getStepModule(self.step).updateOutput(input)

    def _advance(self, output):
        """Take down a step's output; returns it."""
        self.outputs[self.step] = output
        self.output = output
        self.step += 1
        self._set(gradPrevOutput=None, updateGradInputStep=None, accGradParametersStep=None)
        return output

    def updateGradInput(self, input, gradOutput):
        if self.updateGradInputStep is None:
            self.updateGradInputStep = self.step
        gradInput = self._updateGradInput(input, gradOutput)
        self.updateGradInputStep -= 1
        self.gradInputs[self.updateGradInputStep] = gradInput
        self._set(gradInput=gradInput)
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if self.updateGradInputStep is None or self.updateGradInputStep >= self.step:
            raise TorchError(f"{type(self).__typename__}: Missing updateGradInput (it comes before accGradParameters)")
        if self.accGradParametersStep is None:
            self.accGradParametersStep = self.step
        self._accGradParameters(input, gradOutput, 1 if scale is None else scale)
        self.accGradParametersStep -= 1

    def _back_at(self, next_step: int | None) -> int:
        """The step that is being gone back through, before ``next_step``."""
        if self.step <= 1:
            raise TorchError(f"{type(self).__typename__}: expecting at least one updateOutput")
        if next_step <= 1:
            raise TorchError(f"{type(self).__typename__}: more backward than forward steps ({self.step - 1})")
        return next_step - 1

    def _whole_gradient(self, step: int, from_next, gradOutput):
        """The gradient by a step's output: what the next step gives and what comes from outside."""
        nest = utils.recursiveCopy(self._gradOutputs[step], from_next)[0]
        self._gradOutputs[step] = nest
        return utils.recursiveAdd(nest, gradOutput)[0]

    def recycle(self, offset: int | None = None) -> AbstractRecurrent:
        """Use the clone of the oldest step for this one, if all ``rho`` are in use. Returns itself."""
        if self.nSharedClone is None:
            self.nSharedClone = _size(self.sharedClones)
        step, oldest = self.step, self.step - max(self.rho + 1, self.nSharedClone)
        if oldest > 0:
            if self.sharedClones[step] is None:
                for table in (self.sharedClones, self._gradOutputs):
                    table[step], table[oldest] = table[oldest], None
            self.outputs[oldest - 1] = self.gradInputs[oldest - 1] = None
        return self

    # --- the whole sequence

    def forget(self, offset: int | None = None) -> AbstractRecurrent:
        """Begin a new sequence. Returns itself."""
        Module.forget(self)
        if self.train is not False:
            self.outputs, self.gradInputs, self.gradOutputs = Table(), Table(), Table()
            self.sharedClones, self._gradOutputs = _compact(self.sharedClones), _compact(self._gradOutputs)
            if self.cells is not None:
                self.cells, self.gradCells = Table(), Table()
        self.step = 1
        if not self.rmInSharedClones:
            self._check_clones()
        return self

    def _check_clones(self) -> None:
        """``recurrentModule``, which serves evaluation, must be one of the clones, which are trained."""
        clones = list(self.sharedClones.values())
        if any(clone is self.recurrentModule for clone in clones):
            self.rmInSharedClones = True
        elif len(clones) > 1:
            current.console.print("WARNING : recurrentModule should be added to sharedClones in constructor.")
            current.console.print("Adding it for you.")
            self.recurrentModule = self.sharedClones[1]
            self.rmInSharedClones = True

    def maxBPTTstep(self, rho: int) -> None:
        self.rho = rho

    def setOutputStep(self, step: int) -> None:
        self.output = self.outputs[step]
        if self.output is None:
            raise TorchError(f"no output for step {step}")
        self._set(gradInput=self.gradInputs[step])

    def includingSharedClones(self, f: Callable):
        """Call ``f`` while the clones stand among ``modules``; returns what it returns."""
        modules, clones = self.modules, self.sharedClones
        self.modules = Table([*(modules or ()), *(clones.values() if clones is not None else ())])
        self._set(sharedClones=None)
        try:
            return f()
        finally:
            self.modules, self.sharedClones = modules, clones

    def type(self, type=None, tensorCache=None):
        return self.includingSharedClones(lambda: Container.type(self, type, tensorCache))

    def training(self) -> None:
        self.includingSharedClones(lambda: Container.training(self))

    def evaluate(self) -> None:
        self.includingSharedClones(lambda: Container.evaluate(self))

    def reinforce(self, reward) -> None:
        """Hand out a reward: one for all steps, or a Table or matrix with one for each of the last steps."""
        if not isinstance(reward, Table) and not (isinstance(reward, Tensor) and reward.dim() >= 2):
            self.includingSharedClones(lambda: Container.reinforce(self, reward))
            return
        rewards = time_steps(reward)
        if self.step <= len(rewards):
            raise TorchError(f"reinforce: {len(rewards)} rewards for {self.step - 1} steps")
        for step, one in enumerate(rewards, self.step - len(rewards)):
            self.getStepModule(step).reinforce(one)

    def clearState(self) -> AbstractRecurrent:
        self.forget()
        utils.clear(self, "_input", "_gradOutput", "_gradOutputs", "gradPrevOutput", "cell", "cells", "gradCells")
        utils.clear(self, "outputs", "gradInputs", "gradOutputs")
        for clone in self.sharedClones:
            clone.clearState()
        self.recurrentModule.clearState()
        return Container.clearState(self)

    # --- hidden states: of a step, the last one unless given, or so many from the end if negative

    def _state_step(self, step: int | None, next_step: int) -> int:
        if step is None:
            return next_step - 1
        return next_step - step - 1 if step < 0 else step

    def getHiddenState(self, step: int | None = None, input=None):
        raise TorchError(f"{type(self).__typename__}: getHiddenState is Not Implemented")

    def setHiddenState(self, step: int, hiddenState) -> None:
        raise TorchError(f"{type(self).__typename__}: setHiddenState is Not Implemented")

    def getGradHiddenState(self, step: int | None = None, input=None):
        raise TorchError(f"{type(self).__typename__}: getGradHiddenState is Not Implemented")

    def setGradHiddenState(self, step: int, gradHiddenState) -> None:
        raise TorchError(f"{type(self).__typename__}: setGradHiddenState is Not Implemented")

    # --- what there was before

    recursiveResizeAs = staticmethod(nests.recursiveResizeAs)
    recursiveSet = staticmethod(nests.recursiveSet)
    recursiveCopy = staticmethod(nests.recursiveCopy)
    recursiveAdd = staticmethod(nests.recursiveAdd)
    recursiveTensorEq = staticmethod(nests.recursiveTensorEq)
    recursiveNormal = staticmethod(nests.recursiveNormal)

    def _gone(self, *_):
        raise TorchError("DEPRECATED Jan 8, 2016")

    backwardThroughTime = updateGradInputThroughTime = accGradParametersThroughTime = _gone
    accUpdateGradParametersThroughTime = backwardUpdateThroughTime = _gone

    def __tostring__(self) -> str:
        if self.inputSize is None or self.outputSize is None:
            return Container.__tostring__(self)
        return f"{type(self).__typename__}({self.inputSize} -> {self.outputSize})"


def _size(table: Table) -> int:
    return sum(1 for _ in table.keys())


def _compact(table: Table) -> Table:
    """The values of a table's numbers, in order, from 1 on without gaps."""
    return Table([value for _, value in sorted(table.items(), key=lambda item: item[0])])
