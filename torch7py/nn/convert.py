"""Convert: from one layout of the dimensions to another."""

from __future__ import annotations

from ..classes import register
from ..errors import TorchError
from ..tensor import types
from . import utils
from ._check import need_tensor
from .container import Container
from .identity import Identity
from .module import Module
from .sequential import Sequential
from .slices import Select, Transpose
from .view import Reshape


@register("nn.Convert")
class Convert(Container):
    """Converts between layouts such as ``'bchw'`` and ``'bf'``; without arguments only to the module's tensor type.

    A layout has a letter for each dimension: b(atch), c(hannels), h(eight), w(idth), t(ime), f(eatures), ...; ``b`` is
    put in front where it is missing, and an input with one dimension less is a single sample. One layout becomes
    another by transposing if both have the same letters; else the new one is 'bf' (all of a sample in a row), 'b'
    (the first of each sample) or 'bt'. The modules that do it are made at the first input.
    """

    converter = transposition = _input = _output = _gradInput = None

    def __init__(self, inputShape: str | None = None, outputShape: str | None = None):
        if outputShape and not inputShape:
            raise TorchError("Expecting non-nil arg 1 when arg 2 is provided")
        inputShape = inputShape or "b*"
        outputShape = outputShape or inputShape
        self.inputShape = inputShape if "b" in inputShape else "b" + inputShape
        self.outputShape = outputShape if "b" in outputShape else "b" + outputShape
        self.inputBatchDim = self.inputShape.index("b") + 1
        self.outputBatchDim = self.outputShape.index("b") + 1
        if "b*" in (self.inputShape, self.outputShape):
            if self.inputShape != self.outputShape:
                raise TorchError("Both or neither shapes must be b*")
            self.nInputDim = self.nOutputDim = -1
            self.transposition = True
        else:
            self.nInputDim, self.nOutputDim = len(self.inputShape), len(self.outputShape)
            if self.nInputDim == self.nOutputDim:
                self.transposition = set(self.inputShape) <= set(self.outputShape)
        Container.__init__(self)

    def buildConverter(self, input) -> None:
        """Make the module that converts."""
        if self.transposition:
            converter = self.transpose(self.outputShape)
        else:
            makers = dict(bf=self.bf, b=self.b, bt=self.bt, default=self.default)
            if self.outputShape not in makers:
                raise TorchError(f"Unrecognized conversion of shape {self.inputShape} to {self.outputShape}")
            converter = makers[self.outputShape](input)
        self.converter = converter.type(types.typename(self.output))
        self.modules[1] = converter

    def updateOutput(self, input):
        if types.typename(input) != types.typename(self.output):
            need_tensor(input, input)
            self._input = input = input.to(self.output)
        else:
            self._set(_input=None)
        self.batchMode = input.dim() >= self.nInputDim
        input = self._batch(input)
        if self.converter is None:
            self.buildConverter(input)
        self.output = self.converter.updateOutput(input)
        if not self.batchMode and self.output.dim() > 1:
            self.output = self._view("_output", self.output.squeeze(self.outputBatchDim - 1))
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = self.converter.updateGradInput(*self._arguments(input, gradOutput))
        self.gradInput = gradInput if self.batchMode else self._view("_gradInput", gradInput.view(input.shape))
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.converter.accGradParameters(*self._arguments(input, gradOutput), scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.converter.accUpdateGradParameters(*self._arguments(input, gradOutput), lr)

    def _view(self, name: str, tensor):
        """The field of that name, always the same object, as a view of ``tensor``."""
        if getattr(self, name) is None:
            setattr(self, name, utils.empty_like_type(tensor))
        return getattr(self, name).set_(tensor)

    def _batch(self, input):
        return input if self.batchMode else input.unsqueeze(self.inputBatchDim - 1)

    def _arguments(self, input, gradOutput) -> tuple:
        """What the converter gets for these."""
        input = input if self._input is None else self._input
        return self._batch(input), gradOutput.view(self.converter.output.shape)

    # --- the conversions

    def bf(self, input) -> Module:
        """To one row for each sample."""
        place, count = self.inputBatchDim, len(self.inputShape)
        if self.inputShape == "bt":
            raise TorchError("Conversion of shape bt to bf not supported: open an issue on github")
        if count == 1:
            return Reshape(1)
        steps = [] if place == 1 else [Transpose([1, place])]
        if count > 2:
            steps.append(Reshape(input.select(place - 1, 0).numel()))
        if len(steps) < 2:
            return steps[0] if steps else Identity()
        return Sequential().add(steps[0]).add(steps[1])

    def b(self, input) -> Module:
        """To one number for each sample."""
        if self.inputShape in ("bt", "tb"):
            return Select(self.findAxis("t"), 1)
        if self.inputShape in ("bf", "fb"):
            place = self.findAxis("f")
            if input.shape[place - 1] > 1:
                raise TorchError(f"Cannot convert shape {self.inputShape} to b when feature > 1")
            return Select(place, 1)
        raise TorchError(f"Cannot convert shape {self.inputShape} to shape b")

    def bt(self, input=None) -> Module:
        """To one row with one target for each sample."""
        if self.inputShape != "b":
            raise TorchError(f"cannot convert shape '{self.inputShape}' to bt")
        return Reshape(1)

    def default(self, input=None) -> Module:
        """To what it is."""
        return Identity()

    def transpose(self, newShape: str) -> Module:
        """To another order of the same letters."""
        if newShape == self.inputShape:
            return Identity()
        letters, swaps = list(self.inputShape), []
        for place, letter in enumerate(newShape):
            other = letters.index(letter)
            if other != place:
                letters[place], letters[other] = letters[other], letters[place]
                swaps.append([other + 1, place + 1])
        return Transpose(*swaps)

    def findAxis(self, axis_char: str, shape: str | None = None, silent: bool | None = None) -> int | None:
        """The place of a letter in ``shape`` (that of the input), from 1; None if it is not there and ``silent``."""
        shape = self.inputShape if shape is None else shape
        if axis_char in shape:
            return shape.index(axis_char) + 1
        if silent:
            return None
        raise TorchError(f"Provided shape '{shape}' has no axis '{axis_char}'")

    def clearState(self) -> Convert:
        self._set(_input=None, _output=None, _gradInput=None)
        return Container.clearState(self)

    def type(self, type: str | None = None, tensorCache=None):
        if type is not None:
            self._set(_input=None, _output=None, _gradInput=None)
        return Container.type(self, type, tensorCache)
