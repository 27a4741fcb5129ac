"""Sequencers: whole sequences through modules that work on a step at a time."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.dpnn import ReverseTable
from torch7py.errors import TorchError
from torch7py.nn import (
    ConcatTable,
    Container,
    Decorator,
    JoinTable,
    Module,
    Sequential,
    ZipTable,
    utils,
)
from torch7py.table import Table
from torch7py.tensor.arguments import describe

from .abstract import AbstractRecurrent
from .recurrent import Recursor
from .steps import paired_steps, stacked, time_steps

Tensor = torch.Tensor
MODES = ("both", "eval", "train", "neither")


def as_recurrent(module: Module) -> AbstractRecurrent:
    """The module, in a Recursor unless it works on a step at a time by itself."""
    return module if isinstance(module, AbstractRecurrent) else Recursor(module)


def remember_mode(mode: str | None, name: str) -> str:
    """The mode, ``'both'`` unless given; raises if there is no such mode."""
    mode = "both" if mode is None else mode
    if mode not in MODES:
        raise TorchError(f"{name} : unrecognized value for remember : {mode} ({', '.join(MODES)} expected)")
    return mode


def remembers(module: Module) -> bool:
    """Whether a module goes on with its last sequence in the mode, training or evaluation, in which it is."""
    return module._remember in ("both", "eval" if module.train is False else "train")


@register("nn.AbstractSequencer")
class AbstractSequencer(Container):
    """What sequencers share."""

    _remember = None

    def getStepModule(self, step):
        raise TorchError("DEPRECATED 27 Oct 2015. Wrap your internal modules into a Recursor instead")

    def maxBPTTstep(self, rho) -> None:
        """Nothing: gradients flow back through all of a sequence."""

    def remember(self, remember: str | None = None) -> AbstractSequencer:
        """Say when each sequence goes on where the last one ended, instead of forgetting it: ``'both'`` (in training
        and evaluation), ``'train'``, ``'eval'`` or ``'neither'``. Returns itself.
        """
        self._remember = remember_mode(remember, "AbstractSequencer")
        return self

    def hasMemory(self) -> bool:
        """Whether a sequence now goes on where the last one ended."""
        return remembers(self)


@register("nn.Sequencer")
class Sequencer(AbstractSequencer):
    """Gives the steps of a sequence one by one to a module. A module that is not recurrent is cloned for each step.

    Input and output: a Table with one element for each step, or a tensor with one slice along its first dimension.
    """

    tableoutput = tablegradinput = None

    def __init__(self, module: Module):
        AbstractSequencer.__init__(self)
        if not isinstance(module, Module):
            raise TorchError(f"Sequencer: expecting nn.Module instance at arg 1, got {describe(module)}")
        self.module = as_recurrent(module)
        self.modules = Table([self.module])
        self.output, self.tableoutput, self.tablegradInput = Table(), Table(), Table()
        self._output = Table()  # tensors that evaluation will use again
        self.dpnn_mediumEmpty = Table([*Container.dpnn_mediumEmpty, "_output"])
        self._remember = "neither"

    def updateOutput(self, input):
        steps = time_steps(input)
        self.module.maxBPTTstep(len(steps))
        if not remembers(self):
            self.module.forget()
        if self.train is not False:
            self.tableoutput = Table([self.module.updateOutput(step) for step in steps])
            as_tensor = isinstance(input, Tensor)
            self.output = stacked(self.output, self.tableoutput.list()) if as_tensor else self.tableoutput
        elif isinstance(input, Tensor):
            self._evaluate_tensor(steps)
        else:
            self._evaluate_table(steps)
        return self.output

    # in evaluation the module uses the memory of its output again at every step, so that it must be copied

    def _evaluate_tensor(self, steps: list) -> None:
        for place, step in enumerate(steps):
            output = self.module.updateOutput(step)
            if place == 0:
                if not isinstance(self.output, Tensor):
                    self.output = utils.empty_like_type(output)
                self.output.resize_(len(steps), *output.shape)
            self.output[place] = output

    def _evaluate_table(self, steps: list) -> None:
        outputs, spare = self.tableoutput, self._output
        for place, step in enumerate(steps, 1):
            target = outputs[place]
            if target is None and len(spare):
                target = spare.remove(1)
            outputs[place] = utils.recursiveCopy(target, self.module.updateOutput(step))[0]
        for place in range(len(outputs), len(steps), -1):
            spare.append(outputs[place])
            outputs[place] = None
        self.output = outputs

    def updateGradInput(self, input, gradOutput):
        steps, gradients = paired_steps(input, gradOutput)
        results = [self.module.updateGradInput(*pair) for pair in zip(reversed(steps), reversed(gradients))]
        self.tablegradinput = Table(results[::-1])
        as_tensor = isinstance(input, Tensor)
        self.gradInput = stacked(self.gradInput, results[::-1]) if as_tensor else self.tablegradinput
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        steps, gradients = paired_steps(input, gradOutput)
        for pair in zip(reversed(steps), reversed(gradients)):
            self.module.accGradParameters(*pair, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr):
        raise TorchError("Sequencer: accUpdateGradParameters is Not Implemented")

    def training(self) -> None:
        if self.train is False:
            self.forget()
            self._output = Table()
            self._set(tableoutput=None)
        AbstractSequencer.training(self)

    def evaluate(self) -> None:
        if self.train is not False:
            self.forget()
            self.tableoutput = Table()  # the old one is the module's
        AbstractSequencer.evaluate(self)

    def clearState(self) -> Sequencer:
        for name in ("output", "gradInput"):
            if isinstance(getattr(self, name), Tensor):
                getattr(self, name).set_()
            else:
                setattr(self, name, Table())
        self._output, self.tableoutput, self.tablegradinput = Table(), Table(), Table()
        self.module.clearState()
        return self

    __tostring__ = Decorator.__tostring__


class _BothWays(AbstractSequencer):
    """What BiSequencer and BiSequencerLM share: a module for each direction and one to merge their outputs."""

    def _set_modules(self, forward: Module, backward: Module | None, merge: Module | int | None) -> None:
        name = type(self).__name__
        if not isinstance(forward, Module):
            raise TorchError(f"{name}: expecting nn.Module instance at arg 1, got {describe(forward)}")
        self.forwardModule = forward
        if backward is None:
            backward = forward.clone()
            backward.reset()
        if not isinstance(backward, Module):
            raise TorchError(f"{name}: expecting nn.Module instance at arg 2, got {describe(backward)}")
        self.backwardModule = backward
        if merge is None or (isinstance(merge, (int, float)) and not isinstance(merge, bool)):
            merge = JoinTable(1, 1 if merge is None else merge)
        if not isinstance(merge, Module):
            raise TorchError(f"{name}: expecting nn.Module or number instance at arg 3, got {describe(merge)}")
        self.mergeModule = merge


def _reversed(sequencer: Module) -> Sequential:
    """A sequencer that gets its sequence in reverse."""
    return Sequential().extend(ReverseTable(), sequencer, ReverseTable())


@register("nn.BiSequencer")
class BiSequencer(_BothWays, Decorator):
    """Gives a sequence (a Table) to one module in order and to another in reverse, and merges what they make of each
    step.

    ``backward`` is a new clone of ``forward`` unless given; ``merge`` is a module, or the number of dimensions of a
    sample (1) for joining along the first.
    """

    def __init__(self, forward: Module, backward: Module | None = None, merge: Module | int | None = None):
        AbstractSequencer.__init__(self)
        self._set_modules(forward, backward, merge)
        self.fwdSeq, self.bwdSeq = Sequencer(self.forwardModule), Sequencer(self.backwardModule)
        self.mergeSeq = Sequencer(self.mergeModule)
        sides = ConcatTable().extend(self.fwdSeq, _reversed(self.bwdSeq))
        self.output, self.gradInput = Table(), Table()
        self.module = Sequential().extend(sides, ZipTable(), self.mergeSeq)
        self.modules[1] = self.module


@register("nn.BiSequencerLM")
class BiSequencerLM(_BothWays):
    """A BiSequencer for language models: what is given out for a step comes from the steps before and behind it, but
    not from itself. Arguments as of BiSequencer; the modules may be sequencers themselves.
    """

    def __init__(self, forward: Module, backward: Module | None = None, merge: Module | int | None = None):
        AbstractSequencer.__init__(self)
        self._set_modules(forward, backward, merge)
        self.fwdSeq, self.bwdSeq = (
            Sequencer(module) if isinstance(module, AbstractRecurrent) else module
            for module in (self.forwardModule, self.backwardModule)
        )
        self.mergeSeq = Sequencer(self.mergeModule)
        self._fwd = self.fwdSeq
        self._bwd = _reversed(self.bwdSeq)
        self._merge = Sequential().extend(ZipTable(), self.mergeSeq)
        self.modules = Table([self._fwd, self._bwd, self._merge])
        self.output, self.gradInput = Table(), Table()

    def updateOutput(self, input):
        if not isinstance(input, Table) or len(input) < 2:
            raise TorchError(f"BiSequencerLM: a table of at least 2 steps expected, got {describe(input)}")
        steps = input.list()
        forward = self._fwd.updateOutput(Table(steps[:-1])).list()
        backward = self._bwd.updateOutput(Table(steps[1:])).list()
        nothing_before, nothing_behind = (
            utils.recursiveFill(utils.recursiveResizeAs(None, outputs[0])[0], 0) for outputs in (forward, backward)
        )
        self._mergeInput = Table([Table([nothing_before, *forward]), Table([*backward, nothing_behind])])
        self.output = self._merge.updateOutput(self._mergeInput)
        return self.output

    def updateGradInput(self, input, gradOutput):
        steps = input.list()
        self._mergeGradInput = self._merge.updateGradInput(self._mergeInput, gradOutput)
        forward, backward = self._side_gradients()
        forward = self._fwd.updateGradInput(Table(steps[:-1]), forward).list()
        backward = self._bwd.updateGradInput(Table(steps[1:]), backward).list()
        self.gradInput = Table([forward[0]])
        for one, other in zip(forward[1:], backward):
            self.gradInput.append(utils.recursiveAdd(utils.recursiveCopy(None, one)[0], other)[0])
        self.gradInput.append(backward[-1])
        return self.gradInput

    def _side_gradients(self) -> tuple[Table, Table]:
        forward, backward = self._mergeGradInput
        return Table(forward.list()[1:]), Table(backward.list()[:-1])

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._accumulate("accGradParameters", input, gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._accumulate("accUpdateGradParameters", input, gradOutput, lr)

    def _accumulate(self, method: str, input, gradOutput, factor) -> None:
        steps = input.list()
        forward, backward = self._side_gradients()
        getattr(self._merge, method)(self._mergeInput, gradOutput, factor)
        getattr(self._fwd, method)(Table(steps[:-1]), forward, factor)
        getattr(self._bwd, method)(Table(steps[1:]), backward, factor)

    def __tostring__(self) -> str:
        def inner(module: Module) -> str:
            return module.__tostring__().replace("\n", "\n    |    ")

        lines = [f"({name}): {inner(module)}" for name, module in zip(("  fwd  ", "  bwd  ", " merge "), self.modules)]
        return "\n  ".join([f"{type(self).__typename__} {{", *lines]) + "\n}"


@register("nn.Repeater")
class Repeater(AbstractSequencer):
    """Gives the same input to a module ``rho`` times; the outputs make a Table."""

    def __init__(self, module: Module, rho: int):
        AbstractSequencer.__init__(self)
        if isinstance(rho, bool) or not isinstance(rho, (int, float)):
            raise TorchError(f"Repeater: expecting number value for arg 2, got {describe(rho)}")
        self.rho = rho
        self.module = as_recurrent(module)
        self.module.maxBPTTstep(rho)
        self.modules[1] = self.module
        self.output = Table()

    def updateOutput(self, input):
        self.module.forget()
        for step in range(1, self.rho + 1):
            self.output[step] = utils.recursiveCopy(self.output[step], self.module.updateOutput(input))[0]
        return self.output

    def updateGradInput(self, input, gradOutput):
        self._check(gradOutput)
        for place, gradient in enumerate(reversed(gradOutput.list())):
            by_input = self.module.updateGradInput(input, gradient)
            if place == 0:
                self.gradInput = utils.recursiveCopy(self.gradInput, by_input)[0]
            else:
                utils.recursiveAdd(self.gradInput, by_input)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._check(gradOutput)
        for gradient in reversed(gradOutput.list()):
            self.module.accGradParameters(input, gradient, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._check(gradOutput)
        for gradient in reversed(gradOutput.list()):
            self.module.accUpdateGradParameters(input, gradient, lr)

    def _check(self, gradOutput) -> None:
        check_steps(self.module, self.rho, gradOutput, "Repeater")

    def maxBPTTstep(self, rho) -> None:
        self.rho = rho
        self.module.maxBPTTstep(rho)

    def __tostring__(self) -> str:
        arrows = "     V         V             V     "
        inner = self.modules[1].__tostring__().replace("\n", "\n  ")
        lines = ["[  input,    input,  ...,  input  ]", arrows, inner, arrows]
        lines.append(f"[output(1),output(2),...,output({self.rho})]")
        return "\n  ".join([f"{type(self).__typename__} {{", *lines]) + "\n}"


def check_steps(module: AbstractRecurrent, count: int, gradOutput, name: str) -> None:
    """Raise unless the module has done ``count`` steps and there is a gradient for each."""
    if module.step - 1 != count:
        raise TorchError(f"{name}: inconsistent rnn steps: {module.step - 1} instead of {count}")
    if not isinstance(gradOutput, Table):
        raise TorchError(f"{name}: expecting gradOutput table, got {describe(gradOutput)}")
    if len(gradOutput) != count:
        raise TorchError(f"{name}: gradOutput should have {count} elements, got {len(gradOutput)}")
