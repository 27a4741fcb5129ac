"""A softmax over many classes by way of a tree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.nn import Criterion, Module, utils
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor


class _Family(NamedTuple):
    """A node's children, and the samples whose way to the root goes through it."""

    parent: int  # from 1
    rows: slice  # the children's rows of the weights
    samples: Tensor  # from 0
    chosen: Tensor  # each sample's child, from 0
    scores: slice  # what _multiBuffer has for it


@register("nn.SoftMaxTree")
class SoftMaxTree(Module):
    """The logarithm of a leaf's probability in a tree: a softmax among the children at each node from the root on.

    Input: ``{input, target}``, batch x inputSize and an IntTensor of leaves. Output: a vector of the batch. gradInput:
    ``{gradInput, zeros}``.

    Arguments:
        inputSize: columns of the input.
        hierarchy: a Table of the numbers of children, a vector, by the number of the parent. Numbers count from 1.
        rootId: the number of the root (1).
        accUpdate: there shall be no gradients, since parameters are updated by ``accUpdateGradParameters`` only.
        static: whether :meth:`parameters` gives them by the number of their node (true).
        verbose: print what the tree is like.

    ``updates`` tells the nodes that have got gradients: only their parameters are given out, updated and zeroed.
    """

    accUpdate = momGradParams = None

    def __init__(self, inputSize: int, hierarchy: Table, rootId=None, accUpdate=None, static=None, verbose=None):
        Module.__init__(self)
        if not isinstance(hierarchy, (Table, dict)):
            raise TorchError(f"SoftMaxTree: a table of children by parents expected, got {describe(hierarchy)}")
        families = {int(parent): children for parent, children in hierarchy.items()}
        for parent, children in families.items():
            if not isinstance(children, Tensor) or children.dim() != 1 or min(parent, children.min().item()) < 1:
                raise TorchError(f"SoftMaxTree: children of node {parent}: a vector of numbers from 1 expected")
        self.rootId = 1 if rootId is None else rootId
        self.inputSize, self.accUpdate = inputSize, accUpdate
        self.static = static is None or static
        self.childIds = torch.cat(list(families.values())).int()
        self.parentIds = torch.tensor(list(families), dtype=torch.int32)
        counts = [len(children) for children in families.values()]
        self.nChildNode, self.nParentNode = len(self.childIds), len(families)
        self.maxParentId, self.maxChildId = max(families), self.childIds.max().item()
        self.maxNodeId = max(self.maxParentId, self.maxChildId)
        self.minNodeId = min(*families, self.childIds.min().item())
        self.maxFamily = max(counts)
        # a parent's first row and number of children; a child's parent and place among its children
        self.parentChildren = torch.full((self.maxParentId, 2), -1, dtype=torch.int32)
        self.childParent = torch.full((self.maxChildId, 2), -1, dtype=torch.int32)
        start = 1
        for (parent, children), count in zip(families.items(), counts):
            self.parentChildren[parent - 1] = torch.tensor([start, count])
            self.childParent[children.long() - 1] = torch.tensor([[parent, place + 1] for place in range(count)]).int()
            start += count
        self._measure()
        if verbose:
            current.console.print(
                f"Hierachy has :\n{self.nParentNode} parent nodes\n{self.nChildNode} child nodes\n"
                f"{self.nChildNode - self.nParentNode} leaf nodes\nnode index will contain {self.maxNodeId} slots"
            )
        self.weight = utils.default_tensor(self.nChildNode, inputSize)
        self.bias = utils.default_tensor(self.nChildNode)
        if not accUpdate:
            self.gradWeight, self.gradBias = torch.zeros_like(self.weight), torch.zeros_like(self.bias)
        self.updates = Table()
        self._multiBuffer = utils.default_tensor()
        self._gradInput, self._gradTarget = utils.default_tensor(), torch.empty(0, dtype=torch.int32)
        self.gradInput = Table([self._gradInput, self._gradTarget])
        self.reset()

    def _measure(self) -> None:
        """The greatest depth, and number of children on a way to the root."""
        self.maxDept = self.maxFamilyPath = 0
        for parent in self.parentIds.tolist():
            depth, children = 1, self.parentChildren[parent - 1][1].item()
            while parent != self.rootId:
                parent = self.childParent[parent - 1][0].item() if parent <= self.maxChildId else -1
                if parent < 1 or depth > self.nParentNode:
                    raise TorchError(f"SoftMaxTree: a node has no way to the root, which is {self.rootId}")
                depth, children = depth + 1, children + self.parentChildren[parent - 1][1].item()
            self.maxDept, self.maxFamilyPath = max(self.maxDept, depth), max(self.maxFamilyPath, children)

    def reset(self, stdv: float | None = None) -> None:
        bound = 1 / math.sqrt(self.nChildNode * self.inputSize) if stdv is None else stdv * math.sqrt(3)
        for parameter in (self.weight, self.bias):
            random.default().fill_uniform(parameter, -bound, bound)

    # --- forward and backward

    def updateOutput(self, inputTable):
        input, target = self._split(inputTable)
        output = self.output.resize_(len(input)).zero_()
        parts = []
        for family in self._families(target):
            scores = torch.addmm(self.bias[family.rows], input[family.samples], self.weight[family.rows].t())
            scores = scores.log_softmax(1)
            parts.append(scores.view(-1))
            output.index_add_(0, family.samples, scores.gather(1, family.chosen.unsqueeze(1)).squeeze(1))
        self._multiBuffer = torch.cat(parts)
        return output

    def updateGradInput(self, inputTable, gradOutput):
        input, target = self._split(inputTable)
        gradInput = fit(self._gradInput, input).zero_()
        for family in self._families(target):
            gradient = self._by_scores(family, gradOutput)
            gradInput.index_add_(0, family.samples, gradient.mm(self.weight[family.rows]))
        if self._gradTarget.shape != target.shape:
            self._gradTarget.resize_(target.shape).zero_()
        return self.gradInput

    def accGradParameters(self, inputTable, gradOutput, scale=1) -> None:
        input, target = self._split(inputTable)
        scale = 1 if scale is None else scale
        for family in self._families(target):
            gradient = self._by_scores(family, gradOutput)
            self.gradWeight[family.rows].addmm_(gradient.t(), input[family.samples], alpha=scale)
            self.gradBias[family.rows].add_(gradient.sum(0), alpha=scale)
            self.updates[family.parent] = (self.updates[family.parent] or 0) + scale * len(family.samples)

    def _by_scores(self, family: _Family, gradOutput: Tensor) -> Tensor:
        """The gradient by the children's scores, whose log-softmax is in ``_multiBuffer``: samples x children."""
        gradient = gradOutput[family.samples].unsqueeze(1)
        logarithms = self._multiBuffer[family.scores].view(len(gradient), -1)
        return logarithms.exp().mul_(-gradient).scatter_add_(1, family.chosen.unsqueeze(1), gradient)

    def _families(self, target: Tensor) -> Iterator[_Family]:
        """All nodes on the ways from the targets to the root."""
        samples, nodes, start = torch.arange(len(target)), target.long().cpu(), 0
        while len(samples):
            if nodes.min() < 1 or nodes.max() > self.maxChildId:
                raise TorchError("SoftMaxTree: Non-root node has no parent in tree.")
            parents, chosen = self.childParent[nodes - 1].long().unbind(1)
            for parent in parents.unique().tolist():
                if parent < 1:
                    raise TorchError("SoftMaxTree: Non-root node has no parent in tree.")
                mine = parents == parent
                rows, end = self._rows(parent), start
                end += int(mine.sum()) * (rows.stop - rows.start)
                places = (samples[mine].to(self.weight.device), chosen[mine].to(self.weight.device) - 1)
                yield _Family(parent, rows, *places, slice(start, end))
                start = end
            on = parents != self.rootId
            samples, nodes = samples[on], parents[on]

    def _rows(self, parent: int) -> slice:
        first, count = self.parentChildren[parent - 1].tolist()
        return slice(first - 1, first - 1 + count)

    def _split(self, inputTable) -> tuple[Tensor, Tensor]:
        if not isinstance(inputTable, Table) or len(inputTable) < 2:
            raise TorchError(f"SoftMaxTree: {{input, target}} expected, got {describe(inputTable)}")
        input, target = inputTable[1], inputTable[2]
        if input.dim() != 2 or input.shape[1] != self.inputSize or target.shape != input.shape[:1]:
            raise TorchError(
                f"SoftMaxTree: batch x {self.inputSize} and a leaf for each expected, got {sizes(input)} and "
                f"{sizes(target)}"
            )
        return input, target

    # --- parameters

    def parameters(self) -> tuple[Table, Table, Table, int]:
        """Parameters and gradients of the nodes in ``updates``, or of all if there are none; two more for dpnn."""
        parents = list(self.updates.keys()) or (self.parentIds.tolist() if self.static else [])
        if not parents:
            return Table([self.weight, self.bias]), self._gradients(), Table(), self.nChildNode * 2
        found, gradients = Table(), Table()
        for parent in parents:
            its, its_gradients = self._of_node(parent)
            keys = (parent, parent + self.maxParentId) if self.static else (len(found) + 1, len(found) + 2)
            for place, key in enumerate(keys):
                found[key] = its[place]
                if its_gradients:
                    gradients[key] = its_gradients[place]
        return found, gradients, Table(), self.nChildNode * 2

    def _gathered(self) -> tuple[list, list]:
        return [self.weight, self.bias], self._gradients().list()

    def _gradients(self) -> Table:
        return Table() if self.accUpdate else Table([self.gradWeight, self.gradBias])

    def _of_node(self, parent: int) -> tuple[list, list]:
        rows = self._rows(int(parent))
        return [self.weight[rows], self.bias[rows]], [gradient[rows] for gradient in self._gradients()]

    def getNodeParameters(self, parentId: int) -> tuple[Table, Table] | Table:
        """Weights and biases of a node's children, and their gradients."""
        parameters, gradients = self._of_node(parentId)
        return (Table(parameters), Table(gradients)) if gradients else Table(parameters)

    def updateParameters(self, learningRate: float) -> None:
        if self.accUpdate:
            raise TorchError("SoftMaxTree: updateParameters needs gradients, and accUpdate leaves these out")
        parameters, gradients, *_ = self.parameters()
        for key, parameter in parameters.items():
            parameter.add_(gradients[key], alpha=-learningRate)

    def zeroGradParameters(self) -> None:
        for gradient in self.parameters()[1].values():
            gradient.zero_()
        for parent in list(self.updates.keys()):  # the table may be shared
            self.updates[parent] = None

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.defaultAccUpdateGradParameters(input, gradOutput, lr)

    def momentumGradParameters(self) -> Table:
        """The velocities of the parameters, at first zeros; by nodes as :meth:`parameters` gives them."""
        if self.accUpdate:
            raise TorchError("SoftMaxTree: cannot use momentum with accUpdate")
        if self.momGradParams is None or not len(self.momGradParams):
            self.momGradParams = Table([torch.zeros_like(self.gradWeight), torch.zeros_like(self.gradBias)])
        parents = list(self.updates.keys())
        if not (self.static and parents):
            return self.momGradParams
        weights, biases = self.momGradParams
        by_weight = {parent: weights[self._rows(parent)] for parent in parents}
        return Table(by_weight | {parent + self.maxParentId: biases[self._rows(parent)] for parent in parents})

    def maxNorm(self, maxNorm: float | None) -> None:
        """Shorten the rows of the weights to this norm."""
        for parameter in self.parameters()[0].values():
            if parameter.dim() == 2 and maxNorm is not None:
                parameter.renorm_(2, 0, maxNorm)

    def type(self, type=None, tensorCache=None):
        """The numbers of nodes stay whole."""
        if type is None:
            return Module.type(self)
        names = ("childIds", "parentIds", "childParent", "parentChildren", "_gradTarget", "gradInput")
        kept = {name: self.__dict__.pop(name) for name in names}
        try:
            Module.type(self, type, tensorCache)
        finally:
            self.__dict__.update(kept)
        self.gradInput = Table([self._gradInput, self._gradTarget])
        return self


@register("nn.TreeNLLCriterion")
class TreeNLLCriterion(Criterion):
    """The mean of what SoftMaxTree gives, with the other sign; the target is ignored."""

    def updateOutput(self, input, target=None):
        self.output = -input.mean().item()
        return self.output

    def updateGradInput(self, input, target=None):
        return fit(self.gradInput, input).fill_(-1 / len(input))
