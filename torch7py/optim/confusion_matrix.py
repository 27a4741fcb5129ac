"""optim.ConfusionMatrix: which class was taken for which."""

from __future__ import annotations

import math

import torch

from torch7py.classes import TorchObject, register
from torch7py.console import tostring
from torch7py.errors import TorchError
from torch7py.optim.common import divide, plain
from torch7py.table import Table
from torch7py.tensor.storage import as_array


@register("optim.ConfusionMatrix")
class ConfusionMatrix(TorchObject):
    """Counts predictions: ``mat[target][prediction]``, classes from 1; targets <= 0 are skipped.

    nclasses: the number of classes, or a list (or Table) of their names.
    classes: the names, where the first argument is a number.

    :meth:`updateValids` turns the counts into rates: ``valids`` (share of each class that was recognised),
    ``unionvalids`` (intersection over union), ``averageValid``, ``averageUnionValid``, ``totalValid``.
    """

    averageUnionValid = None

    def __init__(self, nclasses: int | Table | list, classes: Table | list | None = None):
        if isinstance(nclasses, (Table, list, tuple)):
            classes, nclasses = nclasses, len(nclasses)
        self.mat = torch.zeros(nclasses, nclasses, dtype=torch.int64)
        self.valids = torch.zeros(nclasses, dtype=torch.float32)
        self.unionvalids = torch.zeros(nclasses, dtype=torch.float32)
        self.nclasses = nclasses
        self.totalValid = 0
        self.averageValid = 0
        self.classes = classes if isinstance(classes, Table) else Table(classes or ())
        # Torch7's buffers; files hold them, so they stay
        self._mat_flat = self.mat.view(-1)
        self._target = torch.empty(0)
        self._prediction = torch.empty(0)
        self._max = torch.empty(0)
        self._pred_idx = torch.empty(0, dtype=torch.int64)
        self._targ_idx = torch.empty(0, dtype=torch.int64)

    def add(self, prediction, target) -> None:
        """Count one sample; each argument is a class number or a vector with a score per class (the highest counts)."""
        prediction, target = _class(prediction, "prediction"), _class(target, "target")
        if target <= 0:
            return
        for name, index in (("target", target), ("prediction", prediction)):
            if not 1 <= index <= self.nclasses:
                raise TorchError(f"ConfusionMatrix: {name} {index} is out of range (1 to {self.nclasses})")
        as_array(self.mat)[target - 1, prediction - 1] += 1

    def batchAdd(self, predictions, targets) -> None:
        """Count a batch: each argument is a vector (or one column) of class numbers, or a matrix with a row of scores
        per sample."""
        predicted, wanted = _classes(plain(predictions), "predictions"), _classes(plain(targets), "targets")
        if predicted.numel() != wanted.numel():
            raise TorchError(f"ConfusionMatrix: {predicted.numel()} predictions for {wanted.numel()} targets")
        counted = wanted >= 1
        wanted, predicted = wanted[counted], predicted[counted]
        if wanted.numel() == 0:
            raise TorchError("ConfusionMatrix: none of the targets is a class (all are <= 0)")
        cells = ((wanted - 1) * self.nclasses + predicted.to(wanted.dtype)).long() - 1
        if cells.min() < 0 or cells.max() >= self.nclasses**2:
            raise TorchError(f"ConfusionMatrix: a target or prediction is out of range (1 to {self.nclasses})")
        cells = cells.to(self.mat.device)
        self.mat.view(-1).index_add_(0, cells, torch.ones_like(cells))

    def zero(self) -> None:
        """Forget all counts."""
        self.mat.zero_()
        self.valids.zero_()
        self.unionvalids.zero_()
        self.totalValid = 0
        self.averageValid = 0

    def updateValids(self) -> None:
        """Bring ``valids``, ``totalValid`` and so on up to date with the counts."""
        mat = self.mat.double()
        right, rows, columns = mat.diagonal(), mat.sum(1), mat.sum(0)
        self.valids.copy_(right / rows)
        self.unionvalids.copy_(right / (rows + columns - right))
        self.totalValid = divide(right.sum().item(), mat.sum().item())
        valids = [valid for valid in self.valids.tolist() if not math.isnan(valid)]
        # a class that never occurs but was predicted has a union, and is left out all the same
        both = zip(self.valids.tolist(), self.unionvalids.tolist(), strict=True)
        unions = [union for valid, union in both if not math.isnan(valid)]
        self.averageValid = divide(sum(valids), len(valids))
        self.averageUnionValid = divide(sum(unions), len(unions))

    def farFrr(self) -> tuple:
        """False acceptance and rejection rates.

        Returns four vectors: FRR and FAR by class (-1 where a class had no samples), and the same without such classes.
        """
        mat = self.mat.double()
        rows = mat.sum(1)
        present = (rows > 0).nonzero().view(-1).tolist()
        shares = mat / rows.unsqueeze(1)
        self._classFrrs = torch.full((self.nclasses,), -1.0, dtype=torch.float64)
        self._classFars = torch.full((self.nclasses,), -1.0, dtype=torch.float64)
        for i in present:
            others = [shares[j, i].item() for j in present if j != i]
            self._classFrrs[i] = 1 - shares[i, i]
            self._classFars[i] = divide(sum(others), len(others))
        self._frrs = self._classFrrs[present]
        self._fars = self._classFars[present]
        return self._classFrrs, self._classFars, self._frrs, self._fars

    def render(self, sortmode: str = "score", display: bool = False, block: int = 25, legendwidth: int = 200):
        """The matrix as a grey image, classes sorted by 'score' or by 'occurrence', ``block`` pixels per class.

        Torch7 wrote names and figures at its side through Qt (``legendwidth``) and could show it (``display``); here
        it is the image alone, a matrix of (classes * block) x (classes * block) values in 0..1.
        """
        mat = self.mat.double()
        rows = mat.sum(1)
        shares = mat / rows.clamp(min=1).unsqueeze(1)
        keys = {"score": shares.diagonal(), "occurrence": rows}
        if sortmode not in keys:
            raise TorchError("sort mode must be one of: score | occurrence")
        order = keys[sortmode].argsort(descending=True, stable=True)
        image = shares[order][:, order].repeat_interleave(block, 0).repeat_interleave(block, 1)
        image[block - 1 :: block] = 0.1
        image[:, block - 1 :: block] = 0.1
        return image

    def __tostring__(self) -> str:
        """The matrix, the rate of each class, and the averages; brings them up to date first."""
        self.updateValids()
        largest = self.mat.max().item()
        width = max(8, 1 + math.ceil(math.log10(largest))) if largest > 0 else 8
        named = len(self.classes) > 0
        lines = ["ConfusionMatrix:"]
        for t, (counts, valid) in enumerate(zip(self.mat.tolist(), self.valids.tolist(), strict=True)):
            cells = "".join(f"{count:{width}d}" for count in counts)
            opening = "[[" if t == 0 else " ["
            closing = "]] " if t == self.nclasses - 1 else "]  "
            label = f"\t[class: {tostring(self.classes.get(t + 1, ''))}]" if named else ""
            lines.append(f"{opening}{cells}{closing} {valid * 100:.3f}% {label}")
        lines.append(f" + average row correct: {tostring(self.averageValid * 100)}% ")
        lines.append(f" + average rowUcol correct (VOC measure): {tostring(self.averageUnionValid * 100)}% ")
        lines.append(f" + global correct: {tostring(self.totalValid * 100)}%")
        return "\n".join(lines)

    __str__ = __tostring__


def _class(given, name: str) -> int:
    """A class number from a number, or from a vector of scores."""
    if isinstance(given, (int, float)):
        return int(given)
    if given is None or isinstance(given, (str, Table)):
        raise TorchError(f"ConfusionMatrix: {name} must be a class number or a vector of scores, got {given!r}")
    scores = plain(given)
    if scores.dim() != 1 or scores.numel() == 0:
        raise TorchError(f"ConfusionMatrix: {name} must be a class number or a vector, got {list(scores.shape)}")
    return scores.float().argmax().item() + 1


def _classes(given: torch.Tensor, name: str) -> torch.Tensor:
    """Class numbers, a vector, from a vector, a column, or rows of scores."""
    if given.dim() == 1:
        return given.float()
    if given.dim() != 2:
        raise TorchError(f"{name} has invalid number of dimensions: {given.dim()}")
    if given.size(1) == 1:
        return given.select(1, 0).float()
    return given.float().argmax(1) + 1
