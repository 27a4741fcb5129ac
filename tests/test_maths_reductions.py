"""Sums, norms, histograms; maxima, sorting and selection."""

import math

import pytest
import torch

from torch7py.errors import TorchError
from torch7py.tensor.registry import functions, methods


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def bytes_(values):
    return torch.tensor(values, dtype=torch.uint8)


X = [[1, 5, 2], [7, 0, 3]]


def test_sums_of_all_are_numbers_and_along_a_dimension_keep_it():
    x = doubles(X)
    assert functions["sum"](x) == 18
    assert methods["sum"](x, 1).tolist() == [[8, 5, 5]]
    assert methods["mean"](x, 2).shape == (2, 1)
    r = doubles([])
    assert functions["prod"](r, x, 2) is r
    assert r.tolist() == [[10], [0]]
    assert functions["sum"](doubles([])) == 0 and functions["prod"](doubles([])) == 1


def test_small_whole_types_overflow_along_a_dimension_only():
    x = bytes_([200, 100])
    assert functions["sum"](x) == 300
    assert functions["sum"](x, 1).tolist() == [44]


def test_floats_are_summed_up_as_doubles():
    assert functions["sum"](torch.full((30,), 0.1)) == pytest.approx(3.0000000447034836, rel=1e-15)


@pytest.mark.parametrize("dim", [0, 3])
def test_dimensions_are_checked(dim):
    with pytest.raises(TorchError, match=f"dimension {dim} out of range"):
        methods["sum"](doubles(X), dim)


def test_no_mean_of_whole_or_of_no_numbers():
    with pytest.raises(TorchError):
        functions["mean"](torch.tensor([1, 2]))
    with pytest.raises(TorchError, match="empty"):
        functions["mean"](doubles([]))


def test_spread():
    x = doubles([1, 2, 4])
    assert functions["var"](x) == pytest.approx(7 / 3)
    assert functions["var"](x, True) == pytest.approx(14 / 9)
    assert functions["std"](x, 1, True).item() == pytest.approx(math.sqrt(14 / 9))
    assert math.isnan(functions["std"](doubles([3]))) and math.isnan(functions["std"](doubles([3]), 1).item())


def test_running_sums_leave_their_operand_alone():
    x = torch.tensor([1, 2, 3])
    assert methods["cumsum"](x).tolist() == [1, 3, 6]
    assert functions["cumprod"](x, 1).tolist() == [1, 2, 6]
    assert x.tolist() == [1, 2, 3]


@pytest.mark.parametrize("p, expected", [(0, 3), (1, 19), (2, 13), (3, 12.207054953820636), (math.inf, 1)])
def test_norms(p, expected):
    x = doubles([[3, -4], [0, 12]])
    assert functions["norm"](x, p) == pytest.approx(expected)
    assert functions["dist"](x, torch.zeros_like(x), p) == pytest.approx(expected if p else math.inf)


def test_norm_along_a_dimension():
    assert functions["norm"](doubles([[3, 4], [0, 2]]), 2, 2).tolist() == [[5], [2]]


def test_renorm_scales_long_slices_down():
    x = doubles([[1, 1], [3, 4]])
    assert functions["renorm"](x, 2, 1, 2.5).tolist()[1] == pytest.approx([1.5, 2], rel=1e-6)
    assert x.tolist() == [[1, 1], [3, 4]]
    assert methods["renorm"](x, 2, 1, 2.5) is x and x[0].tolist() == [1, 1]


def test_histograms():
    x = doubles([1, 2, 2, 3, 5])
    assert functions["histc"](x, 4).tolist() == [1, 2, 1, 1]
    assert functions["histc"](x, 2, 0, 2).tolist() == [0, 3]
    assert functions["histc"](doubles([2, 2]), 3).tolist() == [0, 2, 0]
    assert functions["bhistc"](doubles([[1, 1], [2, 3]]), 2).tolist() == [[2, 0], [0, 2]]


def test_extremes_with_places_from_one():
    x = doubles(X)
    assert functions["max"](x) == 7
    values, places = methods["max"](x, 2)
    assert values.tolist() == [[5], [7]] and places.tolist() == [[2], [1]]
    r, i = doubles([]), torch.empty(0, dtype=torch.int64)
    assert functions["min"](r, i, x, 1) == (r, i)
    assert r.tolist() == [[1, 0, 2]] and i.tolist() == [[1, 2, 1]]
    assert functions["max"](doubles([1, math.nan, 3]), 1)[1].tolist() == [2]


def test_sorting_forms():
    x = doubles([3, 1, 2])
    values, places = methods["sort"](x)
    assert values.tolist() == [1, 2, 3] and places.tolist() == [2, 3, 1]
    assert functions["sort"](x, 1, True)[1].tolist() == functions["sort"](x, True)[1].tolist() == [1, 3, 2]
    with pytest.raises(TorchError):
        functions["sort"](x, 1, 2)


def test_equal_elements_come_in_torch7s_order():
    x = torch.tensor([3, 1, 2, 3, 1, 7, 5, 9, 2, 4, 8, 6])
    assert functions["sort"](x)[1].tolist() == [5, 2, 9, 3, 1, 4, 10, 7, 12, 6, 11, 8]
    assert functions["sort"](x[:11])[1].tolist() == [2, 5, 3, 9, 1, 4, 10, 7, 6, 11, 8]
    assert functions["mode"](x)[1].tolist() == [2]


def test_sorting_many_equal_elements_is_quick_and_right():
    x = (torch.arange(10**6) % 7).double()
    values, places = functions["sort"](x)
    assert torch.equal(x[places - 1], values) and values[-1] == 6


def test_selection():
    x = doubles([[3, 9, 1, 7], [2, 8, 6, 4]])
    values, places = functions["kthvalue"](x, 2)
    assert values.tolist() == [[3], [4]] and places.tolist() == [[1], [4]]
    values, places = functions["median"](x)
    assert values.tolist() == [[3], [4]]
    with pytest.raises(TorchError, match="selected index out of range"):
        functions["kthvalue"](x, 5)


def test_topk_unsorted_is_as_quickselect_leaves_it():
    x = doubles([3, 1, 2, 5, 4, 9, 8, 7, 6, 0])
    assert functions["topk"](x, 4)[0].tolist() == [1, 0, 2, 3]
    assert functions["topk"](x, 4, 1, True)[0].tolist() == [9, 7, 6, 8]
    assert functions["topk"](x, 4, 1, True, True)[0].tolist() == [9, 8, 7, 6]
    assert functions["topk"](x)[1].tolist() == [10]


def test_mode_prefers_the_smallest_and_its_last_place():
    values, places = functions["mode"](doubles([[1, 2, 2, 3], [7, 1, 1, 7]]))
    assert values.tolist() == [[2], [1]] and places.tolist() == [[3], [3]]
