import pytest
import torch

from torch7py import Table, TorchError
from torch7py.tensor import construct
from torch7py.tensor.registry import methods
from torch7py.tensor.storage import Storage, longs, of

DOUBLE = "torch.DoubleTensor"


def doubles(*values):
    return Storage(torch.float64, values)


@pytest.mark.parametrize(
    "args, shape, stride, offset",
    [
        ((), (0,), (1,), 0),
        ((2, 3), (2, 3), (3, 1), 0),
        ((2.7, "3"), (2, 3), (3, 1), 0),
        ((3, 0, 2), (3,), (1,), 0),  # the first size below 1 ends the list
        ((0, 3), (0,), (1,), 0),
        ((longs([2, 3]),), (2, 3), (3, 1), 0),
        ((longs([3, 2]), longs([1, 3])), (3, 2), (1, 3), 0),
        ((longs([3, 2]), longs([-1, 1])), (3, 2), (2, 1), 0),
        ((doubles(1, 2, 3),), (3,), (1,), 0),
        ((doubles(1, 2, 3), 3), (0,), (1,), 2),  # an offset alone
        ((doubles(1, 2, 3, 4, 5, 6), 2, 2, 3), (2,), (3,), 1),
        ((doubles(1, 2, 3, 4, 5, 6), 2, 2, 2, 2, 1), (2, 2), (2, 1), 1),
        ((doubles(1, 2, 3, 4), 2, longs([2]), longs([2])), (2,), (2,), 1),
    ],
)
def test_forms(args, shape, stride, offset):
    x = construct.new(DOUBLE, *args)
    assert (x.dtype, tuple(x.shape), x.stride(), x.storage_offset()) == (torch.float64, shape, stride, offset)


def test_tables_become_values():
    nested = Table([Table([1, 2]), Table(["3", 4.5])])
    assert construct.new(DOUBLE, nested).tolist() == [[1, 2], [3, 4.5]]
    assert construct.new("torch.IntTensor", [1.7, -2.9]).tolist() == [1, -2]
    assert construct.new("torch.ByteTensor", [300, -1]).tolist() == [44, 255]
    assert construct.new("torch.LongTensor", [2**62 + 1]).tolist() == [2**62 + 1]
    assert construct.new("torch.FloatTensor", [16777217, 1e39]).tolist() == [16777216, float("inf")]
    assert construct.new(DOUBLE, []).shape == (0,)


@pytest.mark.parametrize(
    "args, message",
    [
        (([[1, 2], [3]],), "invalid tensor sizes"),
        (([[1], 2],), "invalid tensor definition"),
        ((["a"],), "not a number"),
        (([True],), "not a number"),
        (("3",), "expecting number or torch.DoubleTensor or torch.DoubleStorage"),
        ((torch.ones(3),), "expecting number or torch.DoubleTensor"),
        ((Storage(torch.int32, 3),), "expecting number or torch.DoubleTensor"),
        ((longs([3, 2]), longs([1])), "inconsistent"),
        ((doubles(1), 0), "invalid storage offset"),
    ],
)
def test_what_is_no_tensor(args, message):
    with pytest.raises(TorchError, match=message):
        construct.new(DOUBLE, *args)


def test_a_tensor_of_a_tensor_shares_its_elements():
    x = construct.new(DOUBLE, [1, 2, 3])
    y = construct.new(DOUBLE, x)
    assert y is not x and methods["isSetTo"](x, y)
    y.resize_(2)
    assert x.shape == (3,)


def test_only_a_long_tensor_wraps_a_long_storage():
    storage = longs([4, 5])
    assert construct.new("torch.LongTensor", storage).tolist() == [4, 5]
    assert of(construct.new("torch.LongTensor", storage)) == storage
    assert construct.new("torch.IntTensor", storage).shape == (4, 5)


def test_a_small_storage_grows_under_its_other_views():
    storage = doubles(1, 2, 3, 4)
    first = construct.new(DOUBLE, storage)
    second = construct.new(DOUBLE, storage, 3, longs([4]))
    second.fill_(7)
    assert len(storage) == 6 and first.tolist() == [1, 2, 7, 7]


def test_set_keeps_the_object():
    x, y = torch.zeros(2), torch.arange(6.0)
    assert methods["set"](x, y) is x and methods["isSetTo"](x, y)
    methods["set"](x, of(y), 2, 2, 3)
    assert x.tolist() == [1, 4]
    methods["set"](x)
    assert methods["dim"](x) == 0 and methods["storage"](x) is None
    with pytest.raises(TorchError, match="torch.FloatTensor"):
        methods["set"](x, torch.zeros(2, dtype=torch.float64))


def test_resize_keeps_elements_in_their_places():
    x = torch.arange(6.0)
    y = x.view(2, 3).t()
    assert methods["resize"](y, 3, 2).stride() == (1, 3)  # the sizes were right
    assert methods["resize"](y, 6).stride() == (1,)
    assert methods["resize"](x, 2).tolist() == [0, 1] and len(of(x)) == 6
    assert methods["resize"](x, longs([3, 2]), longs([1, 3])).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert methods["dim"](methods["resize"](x)) == 0
    part = torch.arange(4.0).narrow(0, 2, 2)
    assert methods["resize"](part, 5)[:2].tolist() == [2, 3] and len(of(part)) == 7
    with pytest.raises(TorchError, match="torch.FloatTensor expected, got torch.IntTensor"):
        methods["resizeAs"](x, torch.zeros(2, dtype=torch.int32))
