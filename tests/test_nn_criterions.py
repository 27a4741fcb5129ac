"""Criterions: gradients by finite differences, both ways of averaging, targets from 1, clear errors."""

import pytest
import torch

from tests.gradcheck import check_criterion
from tests.test_nn_gradients import positive, x
from torch7py import nn, random
from torch7py.errors import TorchError
from torch7py.table import Table


def signs(*sizes):
    return torch.where(torch.arange(torch.Size(sizes).numel()) % 3 == 0, 1.0, -1.0).double().view(sizes)


def longs(*values):
    return torch.tensor(values)


def parallel():
    return nn.ParallelCriterion().add(nn.MSECriterion(), 0.5).add(nn.ClassNLLCriterion(), 2)


CASES = {
    "MSE": (nn.MSECriterion, x(2, 3), x(2, 3) * 2),
    "MSE of other shapes": (nn.MSECriterion, x(2, 3), x(6) * 2),
    "Abs": (nn.AbsCriterion, x(4), x(4) * 2),
    "SmoothL1": (nn.SmoothL1Criterion, x(4) * 3, x(4)),
    "DistKLDiv": (nn.DistKLDivCriterion, x(2, 3), positive(2, 3)),
    "BCE": (nn.BCECriterion, x(2, 3) / 3 + 0.5, x(2, 3).gt(0).double()),
    "BCE with weights": (lambda: nn.BCECriterion(positive(3)), x(2, 3) / 3 + 0.5, x(2, 3).gt(0).double()),
    "MultiLabelSoftMargin": (lambda: nn.MultiLabelSoftMarginCriterion(positive(3)), x(2, 3), x(2, 3).gt(0).double()),
    "WeightedMSE": (lambda: nn.WeightedMSECriterion(positive(3)), x(2, 3), x(2, 3) * 2),
    "L1Cost": (nn.L1Cost, x(4), None),
    "ClassSimplex": (lambda: nn.ClassSimplexCriterion(3), x(2, 3), longs(3, 1)),
    "ClassNLL": (nn.ClassNLLCriterion, x(3, 4), longs(1, 4, 2)),
    "ClassNLL of one": (nn.ClassNLLCriterion, x(4), 3),
    "ClassNLL with weights": (lambda: nn.ClassNLLCriterion(positive(4)), x(3, 4), longs(1, 4, 2)),
    "ClassNLL sum with weights": (lambda: nn.ClassNLLCriterion(positive(4), False), x(3, 4), longs(1, 4, 2)),
    "ClassNLL ignoring": (lambda: nn.ClassNLLCriterion(None, True, 4), x(3, 4), longs(1, 4, 2)),
    "CrossEntropy": (nn.CrossEntropyCriterion, x(3, 4), torch.tensor([1.0, 4, 2]).double()),
    "CrossEntropy of one row": (nn.CrossEntropyCriterion, x(1, 4), longs(2)),
    "SpatialClassNLL": (nn.SpatialClassNLLCriterion, x(2, 3, 1, 2), longs(1, 3, 2, 2).view(2, 1, 2)),
    "MultiMargin": (nn.MultiMarginCriterion, x(3, 4), longs(3, 1, 4)),
    "MultiMargin of one": (nn.MultiMarginCriterion, x(4), 3),
    "MultiMargin squared": (lambda: nn.MultiMarginCriterion(2, positive(4), 0.7), x(3, 4), longs(3, 1, 4)),
    "MultiLabelMargin": (nn.MultiLabelMarginCriterion, x(2, 4), longs(1, 3, 0, 0, 4, 0, 0, 0).view(2, 4)),
    "Margin": (lambda: nn.MarginCriterion(0.5), x(5), signs(5)),
    "SoftMargin": (nn.SoftMarginCriterion, x(5), signs(5)),
    "HingeEmbedding": (nn.HingeEmbeddingCriterion, positive(5), signs(5)),
    "L1HingeEmbedding": (lambda: nn.L1HingeEmbeddingCriterion(9), Table([x(3), positive(3)]), -1),
    "CosineEmbedding": (nn.CosineEmbeddingCriterion, Table([positive(3, 4), x(3, 4)]), signs(3)),
    "MarginRanking": (lambda: nn.MarginRankingCriterion(0.3), Table([x(4), positive(4)]), signs(4)),
    "DistanceRatio": (nn.DistanceRatioCriterion, Table([x(4), positive(4)]), None),
    "Multi": (lambda: nn.MultiCriterion().add(nn.MSECriterion(), 0.5).add(nn.AbsCriterion()), x(2, 3), x(2, 3) * 2),
    "Parallel": (parallel, Table([x(3), x(2, 4)]), Table([x(3) * 2, longs(2, 3)])),
    "of modules": (lambda: nn.ModuleCriterion(nn.MSECriterion(), nn.Square(), nn.Exp()), x(3), x(3)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    random.manualSeed(1)
    make, input, target = CASES[name]
    check_criterion(make(), input, target)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if hasattr(case[0](), "sizeAverage")])
def test_gradients_of_sums(name):
    make, input, target = CASES[name]
    criterion = make()
    criterion.sizeAverage = False
    check_criterion(criterion, input, target)


def test_mean_and_sum():
    input, target = torch.tensor([1.0, 2, 4]), torch.tensor([0.0, 2, 2])
    criterion = nn.MSECriterion()
    assert criterion.forward(input, target) == pytest.approx(5 / 3)
    criterion.sizeAverage = False
    assert criterion.forward(input, target) == criterion.output == 5


def test_class_nll_gives_loss_and_weight():
    criterion = nn.ClassNLLCriterion(torch.tensor([1, 0.5, 2]).double())
    loss, weight = criterion.forward(torch.tensor([[-1.0, -2, -3], [-1, -2, -3]]).double(), longs(2, 3))
    assert (loss, weight) == (pytest.approx((0.5 * 2 + 2 * 3) / 2.5), 2.5)


def test_all_targets_ignored_cost_nothing():
    criterion = nn.ClassNLLCriterion()
    assert criterion.forward(x(2, 3), longs(-100, -100)) == (0, 0)
    assert criterion.backward(x(2, 3), longs(-100, -100)).abs().sum() == 0


def test_gradient_keeps_its_tensor_through_batch_sizes():
    criterion = nn.CrossEntropyCriterion()
    criterion.forward(x(3, 4), longs(1, 2, 3))
    gradient = criterion.backward(x(3, 4), longs(1, 2, 3))
    criterion.forward(x(2, 5), longs(5, 1))
    assert criterion.backward(x(2, 5), longs(5, 1)) is gradient is criterion.gradInput
    assert gradient.shape == (2, 5)


@pytest.mark.parametrize(
    ("criterion", "input", "target", "message"),
    [
        (nn.MSECriterion(), x(3), x(4), "different number of elements"),
        (nn.MSECriterion(), x(3), x(3).float(), "torch.DoubleTensor expected, got torch.FloatTensor"),
        (nn.MSECriterion(), x(3), 1, "torch.DoubleTensor expected, got number"),
        (nn.ClassNLLCriterion(), x(2, 3), longs(1, 4), "target 4 is not a class from 1 to 3"),
        (nn.ClassNLLCriterion(), x(2, 3), longs(0, 1), "target 0 is not a class from 1 to 3"),
        (nn.ClassNLLCriterion(), x(3), 4, "target 4 is not a class from 1 to 3"),
        (nn.ClassNLLCriterion(), x(2, 3), longs(1, 2, 3), "2 targets, got 3"),
        (nn.ClassNLLCriterion(), x(2, 3, 2), longs(1, 2), "1D or 2D"),
        (nn.ClassNLLCriterion(torch.ones(2).double()), x(2, 3), longs(1, 2), "for all 3 classes"),
        (nn.MultiMarginCriterion(), x(3), 4, "target out of range"),
        (nn.BCECriterion(), x(3) * 5, x(3), "between 0 and 1"),
    ],
)
def test_errors_name_the_fault(criterion, input, target, message):
    with pytest.raises(TorchError, match=message):
        criterion.forward(input, target)
