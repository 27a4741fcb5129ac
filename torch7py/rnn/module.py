"""What rnn adds to every module: passing on to the recurrent modules inside what concerns them."""

from __future__ import annotations

from torch7py.classes import extends
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.nn import Module
from torch7py.table import Table
from torch7py.tensor.arguments import describe


@extends(Module)
class _Recurrent:
    def forget(self) -> Module:
        """Let all recurrent modules inside begin a new sequence. Returns itself."""
        for module in self.modules or ():
            module.forget()
        return self

    def remember(self, remember: str | None = None) -> Module:
        """Say when sequencers inside go on with the last sequence: see :meth:`AbstractSequencer.remember`. Returns
        itself.
        """
        for module in self.modules or ():
            module.remember(remember)
        return self

    def stepClone(self, shareParams: bool | None = None, shareGradParams: bool | None = None) -> Module:
        """A clone for one more step of time: :meth:`sharedClone` that holds the same recurrent modules."""
        return self.sharedClone(shareParams, shareGradParams, True)

    def backwardOnline(self) -> None:
        current.console.print(
            "Deprecated Jan 6, 2016. By default rnn now uses backwardOnline, so no need to call this method"
        )

    def setOutputStep(self, step: int) -> None:
        """Let the recurrent modules inside hold the output of that step."""
        for module in self.modules or ():
            module.setOutputStep(step)

    def maxBPTTstep(self, rho: int) -> None:
        """Let gradients flow back through ``rho`` steps of time at most."""
        for module in self.modules or ():
            module.maxBPTTstep(rho)

    def getHiddenState(self, step: int | None = None, input=None) -> Table | None:
        """The hidden states that the recurrent modules inside had after a step, in nested Tables."""
        return self._of_each("getHiddenState", step)

    def setHiddenState(self, step: int, hiddenState: Table) -> None:
        """Set what :meth:`getHiddenState` gives."""
        self._set_each("setHiddenState", step, hiddenState)

    def getGradHiddenState(self, step: int | None = None, input=None) -> Table | None:
        """The gradients of the loss by these hidden states."""
        return self._of_each("getGradHiddenState", step)

    def setGradHiddenState(self, step: int, gradHiddenState: Table) -> None:
        """Set what :meth:`getGradHiddenState` gives."""
        self._set_each("setGradHiddenState", step, gradHiddenState)

    def _of_each(self, method: str, step: int | None) -> Table | None:
        if self.modules is None:
            return None
        return Table({place: getattr(module, method)(step) for place, module in enumerate(self.modules, 1)})

    def _set_each(self, method: str, step: int, states: Table) -> None:
        if self.modules is None:
            return
        if not isinstance(states, Table):
            raise TorchError(f"{method}: a table with one state for each module expected, got {describe(states)}")
        for place, module in enumerate(self.modules, 1):
            getattr(module, method)(step, states[place])
