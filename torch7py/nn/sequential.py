"""Sequential: modules one behind the other."""

from __future__ import annotations

from ..classes import register
from ..errors import TorchError
from . import utils
from .container import Container, root
from .module import Module


@register("nn.Sequential")
class Sequential(Container):
    """A chain: each module's output is the next one's input."""

    def __len__(self) -> int:
        return len(self.modules)

    def __bool__(self) -> bool:
        return True

    def add(self, module: Module) -> Sequential:
        """Append ``module``. Returns itself."""
        if len(self.modules) == 0:
            self._set(gradInput=module.gradInput)
        self.modules.append(module)
        self._set(output=module.output)
        return self

    def insert(self, module: Module, index: int | None = None) -> None:
        """Put ``module`` at ``index`` (from 1), by default at the end."""
        index = len(self.modules) + 1 if index is None else index
        if not 1 <= index <= len(self.modules) + 1:
            raise TorchError("index should be contiguous to existing modules")
        self.modules.insert(index, module)
        self._adopt_ends()

    def remove(self, index: int | None = None) -> None:
        """Take out the module at ``index``, by default the last."""
        index = len(self.modules) if index is None else index
        if not 1 <= index <= len(self.modules):
            raise TorchError("index out of range")
        self.modules.remove(index)
        if len(self.modules) > 0:
            self._adopt_ends()
        else:
            self._set(output=utils.default_tensor(), gradInput=utils.default_tensor())

    def _adopt_ends(self) -> None:
        self._set(output=self.modules[len(self.modules)].output, gradInput=self.modules[1].gradInput)

    def updateOutput(self, input):
        position = 0
        try:
            for module in self.modules.list():
                position += 1
                input = module.updateOutput(input)
        except Exception as error:
            raise self._located(position, error) from root(error)
        self.output = input
        return input

    def updateGradInput(self, input, gradOutput):
        def visit(module, input, gradOutput):
            return module.updateGradInput(input, gradOutput)

        self.gradInput = self._sweep(visit, input, gradOutput)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        def visit(module, input, gradOutput):
            module.accGradParameters(input, gradOutput, scale)
            return module.gradInput

        self._sweep(visit, input, gradOutput)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        def visit(module, input, gradOutput):
            module.accUpdateGradParameters(input, gradOutput, lr)
            return module.gradInput

        self._sweep(visit, input, gradOutput)

    def _backward(self, input, gradOutput, scale):
        def visit(module, input, gradOutput):
            gradInput = module.backward(input, gradOutput, scale)
            if gradInput is not module.gradInput and gradInput is not None:
                module.gradInput = gradInput
            return gradInput

        self.gradInput = gradInput = self._sweep(visit, input, gradOutput)
        return gradInput

    def _sweep(self, visit, input, gradOutput):
        """Go from the last module to the first with ``gradient = visit(module, its input, gradient)``."""
        modules = self.modules.list()
        position = len(modules) - 1
        try:
            while position > 0:
                gradOutput = visit(modules[position], modules[position - 1].output, gradOutput)
                position -= 1
            return visit(modules[0], input, gradOutput)
        except Exception as error:
            raise self._located(position + 1, error) from root(error)

    def __tostring__(self) -> str:
        steps = "".join(f" -> ({position})" for position in range(1, len(self.modules) + 1))
        lines = [f"nn.Sequential {{\n  [input{steps} -> output]"]
        for position, module in enumerate(self.modules, 1):
            text = module.__tostring__().replace("\n", "\n  ")
            lines.append(f"  ({position}): {text}")
        return "\n".join(lines) + "\n}"
