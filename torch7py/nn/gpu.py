"""GPU: a module that lives on one of several GPUs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from ..classes import register
from ..console import current
from ..errors import TorchError
from ..table import Table
from ..tensor import types
from .container import Container
from .module import Module

Tensor = torch.Tensor


@register("nn.GPU")
class GPU(Container):
    """Keeps its module on GPU number ``device`` (from 1) and brings what comes in there; the output goes to GPU
    ``outdevice`` (the same unless given), the gradient by the input to where the input is.

    With a type that is not on a GPU it just passes everything on.
    """

    _input = _gradOutput = None

    def __init__(self, module: Module, device: int, outdevice: int | None = None):
        Container.__init__(self)
        if not isinstance(device, (int, float)) or not isinstance(module, Module):
            raise TorchError("GPU: expected a module and the number of a device")
        self.device = device
        self.outdevice = device if outdevice is None else outdevice
        self.modules[1] = module
        if self._is_cuda(module.type()):
            self.type(module.type())

    def setDevice(self, device: int | None = None) -> GPU:
        """Move the module to that device. Returns itself."""
        self.device = self.device if device is None else device
        self.modules[1] = self.recursiveModuleDevice(self.modules[1], self.device)
        return self

    @staticmethod
    def recursiveModuleDevice(obj, device: int):
        """``obj`` with all GPU tensors in it on that device; what is inside a nn.GPU stays where it is."""
        if isinstance(obj, Tensor):
            return obj.cuda(device - 1) if obj.is_cuda else obj
        fields = obj if isinstance(obj, Table) else getattr(obj, "__dict__", {})
        if not isinstance(obj, GPU) and not (fields.get("__noGPU__") or getattr(type(obj), "__noGPU__", False)):
            for name, value in list(fields.items()):
                fields[name] = GPU.recursiveModuleDevice(value, device)
        return obj

    @staticmethod
    def recursiveSetDevice(dst, src, proto):
        """The nest ``src`` on a device: that of this number, or tensor by tensor that of the nest ``proto``.

        ``dst`` is not needed here.
        """
        if isinstance(src, Table):
            parts = (proto[key] if isinstance(proto, Table) else proto for key in range(1, len(src) + 1))
            return Table([GPU.recursiveSetDevice(None, item, part) for item, part in zip(src, parts)])
        if not isinstance(src, Tensor) or not src.is_cuda:
            return src
        return src.to(proto.device) if isinstance(proto, Tensor) else src.cuda(proto - 1)

    def updateOutput(self, input):
        if not self._is_cuda(self._type):
            self.output = self.modules[1].updateOutput(input)
            return self.output
        self._input = self.recursiveSetDevice(None, input, self.device)
        with self._there():
            output = self.modules[1].updateOutput(self._input)
        self.output = self.recursiveSetDevice(None, output, self.outdevice)
        return self.output

    def updateGradInput(self, input, gradOutput):
        if not self._is_cuda(self._type):
            self._set(gradInput=self.modules[1].updateGradInput(input, gradOutput))
            return self.gradInput
        self._gradOutput = self.recursiveSetDevice(None, gradOutput, self.device)
        with self._there():
            gradInput = self.modules[1].updateGradInput(self._input, self._gradOutput)
        self._set(gradInput=self.recursiveSetDevice(None, gradInput, input))
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if self._is_cuda(self._type):
            input, gradOutput = self._input, self._gradOutput
        with self._there():
            self.modules[1].accGradParameters(input, gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        raise TorchError(f"Not Implemented for {type(self).__typename__}")

    sharedAccUpdateGradParameters = accUpdateGradParameters

    def type(self, type: str | None = None, tensorCache=None):
        if type is None:
            return self._type
        self._set(output=None, gradInput=None, _input=None, _gradOutput=None)
        with self._there(type):
            Container.type(self, type, tensorCache)
        return self.setDevice() if self._is_cuda(type) and torch.cuda.is_available() else self

    def clearState(self) -> GPU:
        self._set(_input=None, _gradOutput=None)
        return Container.clearState(self)

    def write(self, file) -> None:
        """Write type and device, then the fields."""
        file.writeObject(Table([self._type, self.device]))
        Container.write(self, file)

    def read(self, file, version=None) -> None:
        kind, device = file.readObject().list()[:2]
        count = torch.cuda.device_count()
        if self._is_cuda(kind) and 0 < count < device:
            current.console.print("Warning : model was saved with more devices than available on current host.")
            current.console.print("Attempting to load module onto device 1")
            device = 1
        with self._there(kind, device):
            Container.read(self, file, version)

    @staticmethod
    def _is_cuda(name: str | None) -> bool:
        return name is not None and types.lookup(name) is not None and types.lookup(name)[0] == "cuda"

    def _there(self, name: str | None = None, device: int | None = None) -> AbstractContextManager:
        """New GPU tensors are made on the module's device while this lasts."""
        if not torch.cuda.is_available() or not self._is_cuda(name or self._type):
            return nullcontext()
        return torch.cuda.device((device or self.device) - 1)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.device}) @ {self.modules[1].__tostring__()}"
