"""Noise contrastive estimation: language models with large vocabularies (Mnih and Teh, 2012).

Instead of a softmax over all classes, the network learns to tell the target from ``k`` classes drawn from a noise
distribution.
"""

from __future__ import annotations

import math

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.console import current, tostring
from torch7py.errors import TorchError
from torch7py.nn import Criterion, Linear, utils
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import describe
from torch7py.torchx import AliasMultinomial, MultiCudaTensor

Tensor = torch.Tensor
_EPSILON = 0.0000001


def _on_gpu(tensor: Tensor, device: int) -> Tensor:
    return tensor.clone() if types.cuda_is_cpu() else tensor.cuda(device - 1)


def _four_tensors() -> Table:
    return Table([utils.default_tensor() for _ in range(4)])


@register("nn.NCEModule")
class NCEModule(Linear):
    """A linear layer over ``outputSize`` classes of which only the target and ``k`` noise classes are computed.

    ``unigrams`` is the noise distribution, one probability for each class; ``Z`` the normalization constant (found
    in the first batch unless given). Input: ``{input, target}``, batch x inputSize and batch. Output:
    ``{P_model(target), P_model(noise), P_noise(target), P_noise(noise)}``, batch and batch x k of each.

    With the field ``batchnoise`` (true) all samples of a batch share the noise classes. In evaluation, with the field
    ``normalized`` (and ``logsoftmax``), the output is the softmax (its logarithm) over all classes. :meth:`multicuda`
    divides the weights between two GPUs.
    """

    _version = 1
    version = 6

    dpnn_mediumEmpty = [
        *Linear.dpnn_mediumEmpty,
        *("sampleidx", "sampleprob", "_noiseidx", "_noiseprob"),
        *("_weight", "_gradWeight", "_gradOutput", "_tgradOutput"),
    ]
    dpnn_parameters = ["weight", "bias", "unigrams", "Z"]
    normalized = logsoftmax = None
    sampleidx = sampleprob = None

    def __init__(self, inputSize: int, outputSize: int, k: int, unigrams: Tensor, Z: float | None = None):
        Linear.__init__(self, inputSize, outputSize)
        if not isinstance(k, (int, float)):
            raise TorchError(f"NCEModule: k must be a number, got {describe(k)}")
        if not isinstance(unigrams, Tensor):
            raise TorchError(f"NCEModule: unigrams must be a tensor, got {describe(unigrams)}")
        self.k = k
        self.unigrams = unigrams
        self.Z = utils.default_tensor(1).fill_(-1 if Z is None else Z)
        self.batchnoise = True
        self.fastNoise()
        self.output = _four_tensors()
        self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])

    def reset(self, stdv: float | None = None) -> NCEModule:
        generator = random.default()
        bound = 1 / math.sqrt(self.weight.shape[1]) if stdv is None else stdv
        for part in [self.weight] if isinstance(self.weight, Tensor) else self.weight.tensors:
            generator.fill_uniform(part, -bound, bound)
        if stdv is None:
            self.bias.fill_(-math.log(len(self.bias)))  # so that Z is about 1
        else:
            generator.fill_uniform(self.bias, -bound, bound)
        return self

    def fastNoise(self) -> None:
        """Prepare drawing from ``unigrams``; to be called again when they have changed."""
        self.unigrams.div_(self.unigrams.sum())
        self.aliasmultinomial = AliasMultinomial(self.unigrams)
        self.aliasmultinomial.dpnn_parameters = Table(["J", "q"])

    def noiseSample(self, sampleidx: Tensor, batchsize: int, k: int) -> Tensor:
        """Make ``sampleidx`` a batchsize x k matrix of noise classes."""
        sampleidx.resize_(batchsize, k)
        if sampleidx.dtype is torch.int64:
            return self.aliasmultinomial.batchdraw(sampleidx)
        drawn = torch.empty(batchsize, k, dtype=torch.int64)
        return sampleidx.copy_(self.aliasmultinomial.batchdraw(drawn))

    def noiseProb(self, sampleprob: Tensor, sampleidx: Tensor) -> Tensor:
        """Make ``sampleprob`` the noise probabilities of the classes ``sampleidx``."""
        probabilities = self.unigrams[sampleidx.to(self.unigrams.device).long() - 1]
        return sampleprob.resize_(sampleidx.shape).copy_(probabilities)

    # --- forward

    def updateOutput(self, inputTable):
        input, target = self._split(inputTable)
        if self.train is False and self.normalized:
            return self._all_classes(input)
        if not (isinstance(self.output, Table) and len(self.output) == 4):
            self.output = Table([utils.empty_like_type(input) for _ in range(4)])
        if self.sampleidx is None:
            self.sampleidx = utils.empty_like_type(target)
        if self.sampleprob is None:
            self.sampleprob = utils.empty_like_type(input)
        if self.batchnoise:
            return self._shared_noise(input, target)
        return self._own_noise(input, target)

    def _all_classes(self, input: Tensor) -> Tensor:
        if isinstance(self.weight, Tensor):
            scores = torch.addmm(self.bias, input, self.weight.t())
        else:
            scores = self.bias.repeat(len(input), 1)
            MultiCudaTensor.addmm(scores, 1, scores, 1, input, self.weight.t())
        if isinstance(self.output, Table):
            self.output = utils.empty_like_type(input)
        return self.output.set_(scores.log_softmax(1) if self.logsoftmax else scores.softmax(1))

    def _shared_noise(self, input: Tensor, target: Tensor) -> Table:
        batch, k = len(input), self.k
        # k noise classes, then the targets
        self.sampleidx.resize_(k + batch)[k:].copy_(target)
        self.noiseSample(self.sampleidx, 1, k)
        rows = self.sampleidx.resize_(k + batch).long() - 1
        self._weight, bias = self._rows(rows), self.bias[rows]
        by_model, of_noise, noise_target, noise_noise = self.output
        by_model.set_((input * self._weight[k:]).sum(1).add_(bias[k:]).exp_())
        of_noise.set_(torch.addmm(bias[:k], input, self._weight[:k].t()).exp_())
        constant = self._constant(of_noise)
        by_model.div_(constant)
        of_noise.div_(constant)
        self.sampleprob = self.noiseProb(self.sampleprob, self.sampleidx)
        noise_target.set_(self.sampleprob[k:])
        noise_noise.set_(self.sampleprob[:k].expand(batch, k))
        return self.output

    def _own_noise(self, input: Tensor, target: Tensor) -> Table:
        batch, k = len(input), self.k
        # in each row the target, then k noise classes
        noise = self.noiseSample(utils.empty_like_type(self.sampleidx), batch, k)
        self.sampleidx.resize_(batch, k + 1)
        self.sampleidx[:, 0].copy_(target)
        self.sampleidx[:, 1:].copy_(noise)
        rows = self.sampleidx.long() - 1
        self._weight = self._rows(rows)
        scores = torch.baddbmm(self.bias[rows].unsqueeze(1), input.unsqueeze(1), self._weight.transpose(1, 2))
        self._pm = scores.squeeze(1).exp_()
        self._pm.div_(self._constant(self._pm))
        self.sampleprob = self.noiseProb(self.sampleprob, self.sampleidx)
        for place, probabilities in ((1, self._pm), (3, self.sampleprob)):
            self.output[place].set_(probabilities[:, 0])
            self.output[place + 1].set_(probabilities[:, 1:])
        return self.output

    def _rows(self, rows: Tensor) -> Tensor:
        """The weights of these classes, which count from 0 here."""
        if isinstance(self.weight, Tensor):
            return self.weight[rows]
        found = MultiCudaTensor.index(utils.empty_like_type(self.bias), self.weight, 1, rows.view(-1) + 1)
        return found.view(*rows.shape, -1)

    def _constant(self, probabilities: Tensor) -> float:
        """The normalization constant; where there is none, what makes these probabilities right on average."""
        constant = self.Z[0].item()
        if constant <= 0:
            self.Z[0] = probabilities.mean() * len(self.bias)
            constant = self.Z[0].item()
            current.console.print(f"normalization constant Z approximated to {tostring(constant)}")
        return constant

    # --- backward

    def updateGradInput(self, inputTable, gradOutput):
        input, target = self._split(inputTable)
        if self.gradInput[1] is None:
            self.gradInput[1] = utils.empty_like_type(input)
        if self.batchnoise:
            # the derivative of exp is its value
            self._gradOutput = gradOutput[2] * self.output[2]
            self._tgradOutput = gradOutput[1] * self.output[1]
            gradInput = self._tgradOutput.unsqueeze(1) * self._weight[self.k :]
            self.gradInput[1].set_(gradInput.addmm_(self._gradOutput, self._weight[: self.k]))
        else:
            self._gradOutput = torch.cat((gradOutput[1].unsqueeze(1), gradOutput[2]), 1).mul_(self._pm)
            self.gradInput[1].set_(torch.bmm(self._gradOutput.unsqueeze(1), self._weight).squeeze(1))
        if self.gradInput[2] is None:
            self.gradInput[2] = utils.empty_like_type(input)
        if self.gradInput[2].numel() != target.numel():
            self.gradInput[2].resize_(target.shape).zero_()
        return self.gradInput

    def accGradParameters(self, inputTable, gradOutput, scale=1) -> None:
        input, _ = self._split(inputTable)
        scale, rows, gradient = 1 if scale is None else scale, self.sampleidx.long() - 1, self._gradOutput
        if self.batchnoise:
            by_weight = torch.cat((gradient.t().mm(input), self._tgradOutput.unsqueeze(1) * input))
            by_bias = torch.cat((gradient.sum(0), self._tgradOutput))
        else:
            by_weight = (gradient.unsqueeze(2) * input.unsqueeze(1)).view(-1, input.shape[1])
            rows, by_bias = rows.view(-1), gradient.view(-1)
        if isinstance(self.gradWeight, Tensor):
            self.gradWeight.index_add_(0, rows, by_weight, alpha=scale)
        else:
            self.gradWeight.indexAdd(1, rows + 1, by_weight * scale)
        self.gradBias.index_add_(0, rows, by_bias, alpha=scale)

    @staticmethod
    def _split(inputTable) -> tuple[Tensor, Tensor]:
        if not isinstance(inputTable, Table) or len(inputTable) < 2:
            raise TorchError(f"NCEModule: {{input, target}} expected, got {describe(inputTable)}")
        input, target = inputTable[1], inputTable[2]
        if input.dim() != 2 or target.dim() != 1:
            raise TorchError(f"NCEModule: a matrix and a vector expected, got {sizes(input)} and {sizes(target)}")
        return input, target

    # --- the rest

    _TRANSIENT = ("sampleidx", "sampleprob", "_gradOutput", "_tgradOutput", "_weight", "_pm")

    def type(self, type=None, tensorCache=None):
        if type is None:
            return Linear.type(self)
        self._set(**dict.fromkeys(self._TRANSIENT))
        names = ["unigrams", "aliasmultinomial"]
        if isinstance(self.weight, MultiCudaTensor):
            if types.here(type) != types.here("torch.CudaTensor"):
                raise TorchError(f"Cannot convert a multicuda NCEModule to anything other than cuda, here {type}")
            names += ["weight", "gradWeight"]
        kept = {name: self.__dict__.pop(name) for name in names}
        try:
            return Linear.type(self, type, tensorCache)
        finally:
            self.__dict__.update(kept)

    def clearState(self) -> NCEModule:
        self._set(**dict.fromkeys(self._TRANSIENT))
        for tensors in (self.output, self.gradInput):
            for tensor in tensors if isinstance(tensors, Table) else (tensors,):
                tensor.set_()
        return self

    # --- on two GPUs

    def multicuda(self, device1: int, device2: int) -> None:
        """Put the first half of the columns of ``weight`` and ``gradWeight`` on one GPU, the rest on another one, and
        all else on the GPU in use. Where the CPU stands in for GPUs, both halves stay there.
        """
        if device1 is None or device2 is None:
            raise TorchError("NCEModule: specify two devices as arguments of multicuda")
        types.need_gpu("NCEModule: multicuda")
        half = (self.weight.shape[1] + 1) // 2
        self.float()
        for name in ("weight", "gradWeight"):
            columns = getattr(self, name).tensor_split([half], 1)
            parts = [_on_gpu(part.contiguous(), device) for part, device in zip(columns, (device1, device2))]
            setattr(self, name, MultiCudaTensor(2, Table(parts)))
        self.cuda()


@register("nn.NCECriterion")
class NCECriterion(Criterion):
    """The loss for the output of NCEModule: how well targets are told from noise. The target is ignored."""

    def __init__(self):
        Criterion.__init__(self)
        self.sizeAverage = True
        self.gradInput = _four_tensors()

    def updateOutput(self, inputTable, target=None):
        model, model_noise, noise, noise_noise = self._split(inputTable)
        k = model_noise.shape[1]
        from_model = model / (model + k * noise).add_(_EPSILON)
        from_noise = k * noise_noise / (model_noise + k * noise_noise).add_(_EPSILON)
        self.output = -(from_model.log().sum().item() + from_noise.log().sum().item())
        if self.sizeAverage:
            self.output /= len(model)
        return self.output

    def updateGradInput(self, inputTable, target=None):
        model, model_noise, noise, noise_noise = self._split(inputTable)
        k = model_noise.shape[1]
        by_model, by_model_noise, by_noise, by_noise_noise = self.gradInput
        by_model.set_((noise * -k).div_((model + k * noise).add_(_EPSILON)).div_(model + _EPSILON))
        both = (model_noise + k * noise_noise).add_(_EPSILON)
        by_model_noise.set_((model_noise / both).div_(model_noise + _EPSILON))
        if self.sizeAverage:
            by_model.div_(len(model))
            by_model_noise.div_(len(model))
        fit(by_noise, noise).zero_()
        fit(by_noise_noise, noise_noise).zero_()
        return self.gradInput

    @staticmethod
    def _split(inputTable) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        if not isinstance(inputTable, Table) or [getattr(item, "ndim", None) for item in inputTable] != [1, 2, 1, 2]:
            raise TorchError(
                "NCECriterion: the four probabilities of NCEModule expected: vector, matrix, vector, matrix"
            )
        return tuple(inputTable)
