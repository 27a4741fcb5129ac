import pytest
import torch

from torch7py import Table, TorchError
from torch7py.tensor.registry import functions, methods
from torch7py.tensor.storage import longs


@pytest.fixture
def x():
    return torch.arange(1.0, 25).view(2, 3, 4)


def call(x, name, *args):
    return methods[name](x, *args)


def same_memory(a, b):
    return a.untyped_storage()._cdata == b.untyped_storage()._cdata


@pytest.mark.parametrize(
    "name, args, shape, stride, offset",
    [
        ("narrow", (2, 2, 2), (2, 2, 4), (12, 4, 1), 4),
        ("narrow", (1.9, "2", 1), (1, 3, 4), (12, 4, 1), 12),
        ("select", (2, 3), (2, 4), (12, 1), 8),
        ("sub", (2, 2, -2, -1, 1, 2), (1, 2, 2), (12, 4, 1), 16),
        ("transpose", (1, 3), (4, 3, 2), (1, 4, 12), 0),
        ("permute", (3, 1, 2), (4, 2, 3), (1, 12, 4), 0),
        ("unfold", (3, 2, 2), (2, 3, 2, 2), (12, 4, 2, 1), 0),
        ("view", (6, -1), (6, 4), (4, 1), 0),
        ("view", (longs([4, 6]),), (4, 6), (6, 1), 0),
        ("viewAs", (torch.empty(3, 8),), (3, 8), (8, 1), 0),
    ],
)
def test_views(x, name, args, shape, stride, offset):
    view = call(x, name, *args)
    assert (tuple(view.shape), view.stride(), view.storage_offset()) == (shape, stride, offset)
    assert same_memory(view, x)


@pytest.mark.parametrize(
    "name, args, message",
    [
        ("narrow", (3, 4, 2), "#4 .*out of range"),
        ("narrow", (4, 1, 1), "#2 .*out of range"),
        ("narrow", (1, 0, 1), "#3 .*out of range"),
        ("narrow", (1, 1, None), "#4 .*number expected, got nil"),
        ("select", (1, 3), "#3 .*out of range"),
        ("select", (1, -1), "#3 .*out of range"),
        ("sub", (2, 1), "end smaller than beginning"),
        ("sub", (1, 2, 1), "#5 .*number expected"),
        ("transpose", (0, 1), "out of range"),
        ("t", (), "must have 2 dimensions"),
        ("permute", (1, 1, 2), "Invalid permutation"),
        ("unfold", (3, 5, 1), "#3 .*out of range"),
        ("unfold", (3, 2, 0), "invalid step"),
        ("view", (5, -1), "not a multiple"),
        ("view", (-1, -1), "Only one"),
        ("view", (4, 5), "Wrong size for view. Input size: 2x3x4. Output size: 4x5"),
        ("view", (), "expects"),
        ("expand", (4, 3, 4), "singleton expansion"),
        ("expand", (2, 2, 3, 4), "number of dimensions"),
        ("split", (0,), "above 0"),
        ("size", (4,), "dimension 4 out of range of 3D tensor"),
        ("repeatTensor", (2, 2), "Number of dimensions"),
        ("reshape", (5,), "same number of elements, but got 5 and 24"),
    ],
)
def test_errors_name_the_fault(x, name, args, message):
    with pytest.raises(TorchError, match=message):
        call(x, name, *args)


def test_view_needs_contiguous_memory(x):
    with pytest.raises(TorchError, match="contiguous"):
        call(x.transpose(0, 1), "view", 24)


def test_elements_and_one_element_tensors_become_numbers():
    assert call(torch.arange(5.0), "select", 1, 2) == 1.0
    assert call(torch.ones(1, 1), "squeeze") == 1.0
    assert call(torch.ones(1, 1), "squeeze", 1).shape == (1,)
    assert call(torch.ones(1), "squeeze", 1) == 1.0
    assert call(torch.ones(2, 1, 3), "squeeze").shape == (2, 3)


def test_results_become_views():
    r, x = torch.empty(0), torch.arange(6.0)
    assert functions["view"](r, x, 2, 3) is r and r.shape == (2, 3) and same_memory(r, x)
    functions["expand"](r, x.view(6, 1), 6, 2)
    assert r.stride() == (1, 0) and same_memory(r, x)
    functions["squeeze"](r, x.view(1, 6))
    assert r.shape == (6,) and same_memory(r, x)
    with pytest.raises(TorchError, match="torch.FloatTensor expected, got torch.IntTensor"):
        functions["view"](r.int(), x, 6)


def test_sizes_of_nothing():
    empty = torch.empty(0)
    assert call(empty, "dim") == 0 and call(empty, "size").tolist() == []
    assert call(empty, "isSameSizeAs", torch.empty(0)) and not call(empty, "isSetTo", empty)


def test_split_and_chunk(x):
    assert [part.size(1) for part in call(x, "split", 2, 2)] == [2, 1]
    assert [part.size(2) for part in call(x, "chunk", 3, 3)] == [2, 2]
    result = Table([1, 2, 3], name="old")
    assert functions["split"](result, x, 1) is result
    assert len(result) == 2 and result.name is None and same_memory(result[2], x)


def test_only_some_operations_are_functions():
    assert not {"narrow", "sub", "select", "transpose", "t", "unfold", "index", "size", "copy"} & functions.keys()
    assert {"view", "expand", "split", "permute", "squeeze", "cat", "gather", "nonzero"} <= functions.keys()


def test_contiguous_gives_a_new_object(x):
    same = call(x, "contiguous")
    assert same is not x and call(same, "isSetTo", x)
    assert not same_memory(call(x.transpose(0, 1), "contiguous"), x)


def test_copy_needs_equal_counts_only():
    x = torch.zeros(2, 3)
    assert call(x, "copy", torch.arange(6, dtype=torch.int32)) is x
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(TorchError, match=r"\[2 x 3\] and src \[4\]"):
        call(x, "copy", torch.zeros(4))


def test_copy_where_pytorch_declines():
    expanded = torch.zeros(2, 1).expand(2, 3)
    call(expanded, "copy", torch.arange(6.0))
    assert expanded.tolist() == [[2, 2, 2], [5, 5, 5]]  # the last one written stays
    x = torch.arange(5.0)
    call(x[1:], "copy", x[:-1])
    assert x.tolist() == [0, 0, 1, 2, 3]


def test_types():
    x = torch.tensor([1.9, -2.9, 300.5], dtype=torch.float64)
    assert call(x, "type") == "torch.DoubleTensor" and call(x, "type", "torch.DoubleTensor") is x
    assert call(x, "int").tolist() == [1, -2, 300]
    assert call(x, "byte").tolist() == [1, 254, 44]
    assert call(x.view(3, 1).t().expand(2, 3).t(), "float").stride() == (2, 1)
    with pytest.raises(TorchError, match="torch.Nothing"):
        call(x, "type", "torch.Nothing")


def test_cat():
    a, b = torch.tensor([1.0, 2]), torch.tensor([3.0, 4])
    cat = functions["cat"]
    assert cat(a, b).tolist() == [1, 2, 3, 4]
    assert cat(a, b, 2).tolist() == [[1, 3], [2, 4]]
    assert cat(Table([a, torch.empty(0), b]), 1).tolist() == [1, 2, 3, 4]
    assert cat(torch.ones(2, 3), a, 2).shape == (2, 4)
    r = torch.empty(0)
    assert cat(r, a, b) is r and r.tolist() == [1, 2, 3, 4]
    assert cat(a, a, b).tolist() == [1, 2, 3, 4]  # the result may be an operand
    with pytest.raises(TorchError, match="inconsistent tensor sizes"):
        cat(torch.ones(2, 3), torch.ones(3, 2), 1)
    with pytest.raises(TorchError, match="torch.FloatTensor expected, got torch.IntTensor"):
        cat(a, b.int())


def test_repeat():
    x = torch.tensor([1, 2])
    assert functions["repeatTensor"](x, 2, 2).tolist() == [[1, 2, 1, 2]] * 2
    assert call(x, "repeatTensor", longs([2])).tolist() == [1, 2, 1, 2]


def test_apply_and_map_write_as_they_go():
    x = torch.arange(6.0).view(2, 3).t()
    seen = []
    assert call(x, "apply", lambda v: seen.append(v) or (10 * v if v > 2 else None)) is x
    assert seen == [0, 3, 1, 4, 2, 5] and x.tolist() == [[0, 30], [1, 40], [2, 50]]
    call(x, "map", torch.ones(6), lambda a, b: a + b)
    assert x.tolist() == [[1, 31], [2, 41], [3, 51]]
    call(x, "map2", x, x, lambda a, b, c: a + b + c)
    assert x[0].tolist() == [3, 93]
    with pytest.raises(TorchError, match="number or nil, not string"):
        call(x, "apply", lambda v: "a")
    with pytest.raises(TorchError, match="same number of elements"):
        call(x, "map", torch.ones(5), max)
