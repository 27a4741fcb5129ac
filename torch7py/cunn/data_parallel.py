"""DataParallelTable: one network on several GPUs, each with its part of the batch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from torch7py.classes import TorchObject, register
from torch7py.errors import TorchError
from torch7py.nn import Container, Module
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor
_PARTS = ("inputGpu", "gradOutputGpu", "outputGpu", "gradInputGpu")


@register("nn.DataParallelTable")
class DataParallelTable(Container):
    """Splits its input along ``dimension`` (from 1), gives each GPU a part and a replica of the module, joins the
    outputs, and adds the replicas' gradients up on the first GPU.

    Input: a tensor or a Table of tensors, on a GPU or the CPU. ``flattenParams`` keeps each replica's parameters in one
    vector, which makes the exchange faster. The parameters are those of the first replica; the others take them over
    before the next forward. Without a GPU there is one replica, on the CPU.
    """

    _version = 3
    deserializeNGPUs = None  # set by a program on the class: on so many GPUs files are loaded, whatever they say
    flattenedParams = None
    flattenParams = needsSync = False
    typeStr = "torch.CudaTensor"  # of files of the first version

    def __init__(self, dimension: int, flattenParams: bool | None = None, usenccl: bool | None = None):
        Container.__init__(self)
        if not isinstance(dimension, (int, float)):
            raise TorchError("must specify a dimension!")
        self.typeStr = types.here("torch.CudaTensor")
        self.dimension = dimension
        self.gpuAssignments = Table()
        for name in _PARTS:
            setattr(self, name, Table())
        self.flattenParams = bool(flattenParams)
        self.usenccl = self.needsSync = False
        self.impl = Replicas(self)

    def add(self, module: Module, gpus: int | Table) -> DataParallelTable:
        """Set the module and the GPUs it shall be on: a Table of numbers, or one number in each of several calls."""
        if isinstance(gpus, (int, float)):
            if not len(self.modules):
                self.modules.append(module)
            self.gpuAssignments.append(gpus)
            return self
        gpus = Table(gpus) if isinstance(gpus, (list, tuple)) else gpus
        if not isinstance(gpus, Table) or not len(gpus):
            raise TorchError(f"table of GPU IDs required, got {describe(gpus)}")
        if len(self.modules):
            raise TorchError("add should only be called once with a table of GPU assignments")
        self.modules[1] = module
        self.gpuAssignments = gpus
        return self

    def threads(self, initFunc=None, syncCopies=None) -> DataParallelTable:
        """Nothing: one thread keeps all GPUs busy. Returns itself."""
        return self

    # --- forward and backward

    def updateOutput(self, input):
        if self.flattenParams and not self._is_flat():
            self.flattenParameters()
        if self.needsSync:
            self.syncParameters()
        self.maxUsedGpu = self._distribute(self.inputGpu, input)
        parts = self.inputGpu
        self.outputGpu = self.impl.exec(lambda module, i: module.updateOutput(parts[i]), self.maxUsedGpu)
        self.output = self._concat(self.output, self.outputGpu)
        return self.output

    def updateGradInput(self, input, gradOutput):
        return self._backward_by("updateGradInput", gradOutput)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        parts, gradients = self.inputGpu, self.gradOutputGpu
        self.impl.exec(lambda module, i: module.accGradParameters(parts[i], gradients[i], scale), self.maxUsedGpu)
        self._gather_gradients()

    def _backward(self, input, gradOutput, scale):
        self._backward_by("backward", gradOutput, 1 if scale is None else scale)
        self._gather_gradients()
        return self.gradInput

    def _backward_by(self, method: str, gradOutput, *scale):
        self._distribute(self.gradOutputGpu, gradOutput)
        parts, gradients = self.inputGpu, self.gradOutputGpu
        self.gradInputGpu = self.impl.exec(
            lambda module, i: getattr(module, method)(parts[i], gradients[i], *scale), self.maxUsedGpu
        )
        if self.gradInput is not None and len(self.gradInputGpu):
            self.gradInput = self._concat(self.gradInput, self.gradInputGpu)
        return self.gradInput

    def _distribute(self, parts: Table, nest) -> int:
        """Put each GPU's part of ``nest`` into ``parts``; how many GPUs have got something."""
        gpus = self._gpus()
        for i, gpu in enumerate(gpus, 1):
            with self._using(gpu):
                parts[i] = self._part(parts[i], nest, i - 1, len(gpus))
            if not _has_data(parts[i]):
                return i - 1
        return len(gpus)

    def _part(self, known, nest, place: int, count: int):
        """Part number ``place`` (from 0) of ``count``, as even as can be; in the tensor ``known`` where it fits."""
        if isinstance(nest, Table):
            known = known if isinstance(known, Table) else Table()
            return Table([self._part(known[i], item, place, count) for i, item in enumerate(nest, 1)])
        if not isinstance(nest, Tensor):
            raise TorchError(f"input must be a tensor or table of tensors, got {describe(nest)}")
        size = nest.shape[self.dimension - 1] if nest.numel() else 0
        least, rest = divmod(size, count)
        part = self._own_tensor(known)
        if least + (place < rest) == 0:
            return part.resize_(0)
        part_of = nest.narrow(self.dimension - 1, place * least + min(place, rest), least + (place < rest))
        return part.resize_(part_of.shape).copy_(part_of, non_blocking=True)

    def _concat(self, known, parts: Table):
        """The parts joined, on the first GPU; in the tensor ``known`` where it fits."""
        if isinstance(parts[1], Table):
            known = known if isinstance(known, Table) else Table()
            places = range(1, len(parts[1]) + 1)
            return Table([self._concat(known[i], Table([part[i] for part in parts])) for i in places])
        dim = self.dimension - 1
        tensors = [part for part in parts if part.numel()]
        with self._using(self._gpus()[0]):
            joined = self._own_tensor(known)
        if not tensors:
            return joined
        shape = list(tensors[0].shape)
        shape[dim] = sum(part.shape[dim] for part in tensors)
        joined.resize_(shape)
        start = 0
        for part in tensors:
            joined.narrow(dim, start, part.shape[dim]).copy_(part)
            start += part.shape[dim]
        return joined

    def _own_tensor(self, known) -> Tensor:
        """``known`` if it is a tensor of the module's type, else a new one on the GPU in use."""
        if isinstance(known, Tensor) and types.typename(known) == self.typeStr:
            return known
        device, dtype = types.lookup(self.typeStr)
        return torch.empty(0, dtype=dtype, device=device)

    # --- parameters

    def parameters(self) -> tuple:
        return self.modules[1].parameters()

    def getParameters(self) -> tuple[Tensor, Tensor]:
        """The first replica's parameters as one vector, and their gradients."""
        self.flattenParameters()
        self.needsSync = True  # the program may be about to change them
        return tuple(self.flattenedParams[1])

    def flattenParameters(self) -> None:
        """Let each replica have its parameters in one vector, and its gradients in another."""
        self.flattenedParams = self.impl.exec(lambda module, i: Table(module.getParameters()))
        self.flattenParams = True

    def _is_flat(self) -> bool:
        if self.flattenedParams is None:
            return False
        flat = self.flattenedParams[1][1].untyped_storage()
        return all(tensor.untyped_storage()._cdata == flat._cdata for tensor in self.parameters()[0] or ())

    def _tensors(self, which: int) -> list[list[Tensor]]:
        """Each replica's parameters (``which`` is 1) or gradients (2)."""
        if self.flattenedParams is not None and self._is_flat():
            return [[pair[which]] for pair in self.flattenedParams]
        return list(self.impl.exec(lambda module, i: Table(module.parameters()[which - 1] or ())))

    def _gather_gradients(self) -> None:
        """Add all replicas' gradients to those of the first, and zero the others."""
        first, *others = self._tensors(2)
        for other in others:
            for total, gradient in zip(first, other, strict=True):
                total.add_(gradient.to(total.device))
                gradient.zero_()
        self.needsSync = True

    def syncParameters(self) -> None:
        """Let all replicas have the parameters of the first."""
        first, *others = self._tensors(1)
        for other in others:
            for parameter, own in zip(first, other, strict=True):
                own.copy_(parameter)
        self.needsSync = False

    def zeroGradParameters(self) -> None:
        self.impl.exec(lambda module, i: module.zeroGradParameters())

    def updateParameters(self, learningRate) -> None:
        self.modules[1].updateParameters(learningRate)
        self.syncParameters()

    def reset(self, stdv=None) -> None:
        self.modules[1].reset(stdv)
        self.syncParameters()

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        raise TorchError("accUpdateGradParameters not supported for DataParallelTable.")

    def share(self, mlp, *fields) -> None:
        raise TorchError("Share not supported for DataParallelTable")

    # --- all replicas

    def training(self) -> None:
        self.impl.exec(lambda module, i: module.training())
        Module.training(self)

    def evaluate(self) -> None:
        self.impl.exec(lambda module, i: module.evaluate())
        Module.evaluate(self)

    def clearState(self) -> DataParallelTable:
        self.impl.exec(lambda module, i: module.clearState())
        for name in _PARTS:
            setattr(self, name, Table())
        return Container.clearState(self)

    def apply(self, callback) -> None:
        """As of every module; afterwards the other replicas are made anew from the first."""
        Container.apply(self, callback)
        self.impl.applyChanges()

    def type(self, type: str | None = None, tensorCache=None):
        """Convert the module; to a type of the CPU as well, and then there is one replica, on the CPU."""
        if type is None:
            return self.typeStr
        self.impl.close()
        for module in self.modules:
            module.type(type, tensorCache)
        self.typeStr = self._type = types.here(type)
        self._set(flattenedParams=None)
        return self

    def clone(self, *fields: str) -> DataParallelTable:
        if fields:
            raise TorchError("Sharing not supported for DataParallelTable")
        twin = Module.clone(self)
        twin.impl = Replicas(twin)
        return twin

    # --- files

    def _t7_fields(self) -> Table:
        """The fields as a file has them: one replica's, and none of what it last computed."""
        kept = Table(self.__dict__)
        kept["impl"] = None
        for name in _PARTS:
            kept[name] = Table()
        if self.flattenedParams is not None:
            kept["flattenedParams"] = Table([self.flattenedParams[1]])
        return kept

    def write(self, file) -> None:
        """Write the GPUs, then the fields."""
        file.writeObject(self.gpuAssignments)
        file.writeObject(self._t7_fields())

    def read(self, file, version=None) -> None:
        """Take over what :meth:`write` wrote; on as many GPUs as there are and ``deserializeNGPUs`` allows."""
        gpus = None if version is not None and version < 2 else file.readObject()
        file.world.set_fields(self, file.readObject())
        gpus = self.gpuAssignments if gpus is None else gpus
        if self.deserializeNGPUs is not None:
            gpus = Table(range(1, int(self.deserializeNGPUs) + 1))
        self._set(gpuAssignments=gpus, flattenedParams=None, usenccl=False)
        self.typeStr = self._type = types.here(self.typeStr)
        self.impl = Replicas(self)

    # --- GPUs

    def _gpus(self) -> list[int]:
        """Those in use: all that were assigned; on the CPU one stands for them."""
        gpus = self.gpuAssignments.list()
        return gpus if self._on_gpu() else gpus[:1]

    def _on_gpu(self) -> bool:
        return types.lookup(self.typeStr)[0] == "cuda"

    def _using(self, gpu: int) -> AbstractContextManager:
        return torch.cuda.device(gpu - 1) if self._on_gpu() else nullcontext()

    def __tostring__(self) -> str:
        return f"DataParallelTable: {len(self.gpuAssignments)} x {self.modules[1].__tostring__()}"


@register("nn.DataParallelTable.Basic", "nn.DataParallelTable.Threads")
class Replicas(TorchObject):
    """The replicas of a DataParallelTable, made when they are first needed; its field ``impl``."""

    modules = None

    def __init__(self, dpt: DataParallelTable):
        self.dpt = dpt

    def exec(self, closure, maxGpuIdx: int | None = None) -> Table:
        """A Table of ``closure(replica, its number)`` for each, or the first ``maxGpuIdx``, called on its GPU."""
        self.setup()
        results = Table()
        for i, (gpu, module) in enumerate(zip(self.dpt._gpus(), self.modules)):
            if maxGpuIdx is not None and i >= maxGpuIdx:
                break
            with self.dpt._using(gpu):
                results[i + 1] = closure(module, i + 1)
        return results

    def setup(self) -> None:
        """Make the replicas, unless they are there."""
        if self.modules is None or self.modules[1] is not self.dpt.modules[1]:
            self.modules = Table(self.dpt.modules)
            self.applyChanges()

    def applyChanges(self) -> None:
        """Make all replicas but the first anew, as copies of that."""
        if self.modules is None:
            return
        dpt = self.dpt
        first, *others = dpt._gpus()
        self.modules = Table(dpt.modules)
        for gpu in others:
            # by way of the CPU, so that tensors which share memory go on sharing it on the other GPU
            replica = dpt.modules[1].clone().type("torch.DoubleTensor")
            replica.zeroGradParameters()  # the gradients so far count once
            with dpt._using(gpu):
                self.modules.append(replica.type(dpt.typeStr))
        if dpt.flattenedParams is not None:
            dpt.flattenParameters()

    def close(self) -> None:
        """Let go of the replicas."""
        self.__dict__.pop("modules", None)


def _has_data(nest) -> bool:
    return any(map(_has_data, nest)) if isinstance(nest, Table) else nest.numel() > 0
