"""Connectionist temporal classification: sequences whose labels have no places."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Criterion, utils
from torch7py.nn._check import sizes as sizes_text
from torch7py.nn._door import through
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor
_SETTINGS = 0, True  # the blank is the first class; a sequence too short for its labels costs nothing


@register("nn.CTCCriterion")
class CTCCriterion(Criterion):
    """The negative logarithm of how likely sequences of scores are to give their labels in order, each label for one
    step or more in a row, with blanks between and around them. Graves et al., ICML 2006.

    Input: scores, of which it takes the softmax: steps x batch x classes (with ``batchFirst`` batch x steps x classes),
    or (steps * batch) x classes. Target: a Table with a Table of labels for each sequence; class 1 is the blank, label
    1 stands for class 2, and so on. The loss is the mean over the batch; gradInput, which ``updateOutput`` makes, is
    that of the sum.
    """

    batchFirst = False

    def __init__(self, batchFirst: bool | None = None):
        Criterion.__init__(self)
        self.acts = utils.default_tensor()
        self.batchFirst = bool(batchFirst)

    def forward(self, input: Tensor, target: Table, sizes: Tensor) -> float:
        """The loss; ``sizes`` has the number of steps of each sequence."""
        return through(self.updateOutput, input, target, sizes)

    def updateOutput(self, input: Tensor, target: Table, sizes: Tensor) -> float:
        if not isinstance(sizes, Tensor) or sizes.dim() != 1:
            raise TorchError("You must pass the size of each sequence in the batch as a tensor")
        batch = len(sizes)
        rows = self._rows(input)
        if input.dim() not in (2, 3) or len(rows) % batch or len(target) != batch:
            raise TorchError(
                f"CTCCriterion: scores and labels of {batch} sequences expected, got {sizes_text(input)} and a "
                f"{describe(target)} of {len(target)}"
            )
        labels = [torch.tensor(list(sequence), dtype=torch.int64) for sequence in target]
        lengths = [len(sequence) for sequence in labels]
        if any(len(sequence) and not 1 <= sequence.min() <= sequence.max() < input.shape[-1] for sequence in labels):
            raise TorchError(f"CTCCriterion: labels from 1 to {input.shape[-1] - 1} expected")
        steps = [int(size) for size in sizes.tolist()]
        self.acts = rows.view(len(rows) // batch, batch, -1).log_softmax(2)
        places = torch.cat(labels).to(input.device)
        losses, paths = torch._ctc_loss(self.acts, places, steps, lengths, *_SETTINGS)
        gradient = torch.ops.aten._ctc_loss_backward(
            torch.ones_like(losses), self.acts, places, steps, lengths, losses, paths, *_SETTINGS
        )
        if input.dim() == 3 and self.batchFirst:
            gradient = gradient.reshape(input.shape[1], input.shape[0], -1).transpose(0, 1)
        self.gradInput = gradient.reshape(input.shape)
        self.output = losses[losses.isfinite()].sum().item()
        return self.output / batch

    def updateGradInput(self, input: Tensor, target: Table) -> Tensor:
        return self.gradInput

    def _rows(self, input: Tensor) -> Tensor:
        """The scores of each sequence at the first step, then at the second, ...: ``sizes`` says how many there are."""
        if input.dim() == 3 and self.batchFirst:
            input = input.transpose(0, 1)
        return input.reshape(-1, input.shape[-1])
