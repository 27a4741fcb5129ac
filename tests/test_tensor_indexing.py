import pytest
import torch

from torch7py import Table, TorchError
from torch7py.tensor import indexing
from torch7py.tensor.registry import functions, methods
from torch7py.tensor.storage import Storage, longs


def T(*values):
    return Table(values)


def byte(*values):
    return torch.tensor(values, dtype=torch.uint8)


def long(*values):
    return torch.tensor(values)


@pytest.fixture
def x():
    return torch.arange(1.0, 13).view(3, 4)


@pytest.mark.parametrize(
    "key, value",
    [
        (2, [5, 6, 7, 8]),
        (-1, [9, 10, 11, 12]),
        (2.9, [5, 6, 7, 8]),
        ("2", [5, 6, 7, 8]),
        (T(2, 3), 7),
        (T(-1, -1), 12),
        (T(2), [5, 6, 7, 8]),
        (T(T(), 2), [2, 6, 10]),
        (T(T(2), 2), [6]),
        (T(T(2, 3), T(1, 2)), [[5, 6], [9, 10]]),
        (T(T(-2, -1), 1), [5, 9]),
        ((2, 3), 7),
        (([], [2, 3]), [[2, 3], [6, 7], [10, 11]]),
        (T("a", 1), [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]),
        (longs([2, -1]), 8),
        (byte(*[1, 0, 0, 0, 0, 1], *[0] * 6), [1, 6]),
        (long(1, 2), None),
        (Storage(torch.int32, [1, 2]), None),
        (None, None),
        (True, None),
    ],
)
def test_get(x, key, value):
    found = indexing.get(x, key)
    assert (found.tolist() if isinstance(found, torch.Tensor) else found) == value


def test_ranges_may_lack_an_end(x):
    upto = Table()
    upto[2] = 2
    assert indexing.get(x, T(upto)).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    "key, message",
    [
        (0, "out of range: 0"),
        (4, "out of range: 4"),
        (-4, "out of range"),
        (T(1, 1, 1), "too many indices provided: 3 for a 2D tensor"),
        (T(1, 5), "index out of bound: 5"),
        (T(T(0, 2)), "start index out of bound"),
        (T(T(1, 4)), "end index out of bound"),
        (T(T(2, 1)), "end index must be greater"),
        (longs([1]), "invalid size"),
        (longs([1, 5]), "index out of bound"),
        (byte(1, 0), "12 and 2 elements"),
        (byte(2, *[0] * 11), "0 and 1 values only"),
    ],
)
def test_wrong_keys(x, key, message):
    with pytest.raises(TorchError, match=message):
        indexing.get(x, key)
    with pytest.raises(TorchError, match=message):
        indexing.set(x, key, 1)


def test_nothing_to_index():
    with pytest.raises(TorchError, match="empty tensor"):
        indexing.get(torch.empty(0), 1)


def test_views_share_and_masks_copy(x):
    indexing.get(x, T(T(1, 2), 1)).fill_(0)
    assert x[:, 0].tolist() == [0, 0, 9]
    indexing.get(x, byte(*[1] * 12)).fill_(5)
    assert x[2, 0] == 9
    whole = indexing.get(x, T())
    assert whole is not x and whole.data_ptr() == x.data_ptr()


def test_set_a_number(x):
    indexing.set(x, 1, 0)
    indexing.set(x, T(2, -1), "7")
    indexing.set(x, T(3, T(1, 2)), 8)
    indexing.set(x, longs([3, 4]), 9)
    assert x.tolist() == [[0, 0, 0, 0], [5, 6, 7, 7], [8, 8, 11, 9]]
    y = torch.zeros(2, dtype=torch.uint8)
    indexing.set(y, 1, 258.7)
    assert y.tolist() == [2, 0]


def test_set_a_tensor_of_any_type_and_shape(x):
    indexing.set(x, 1, torch.tensor([[7, 8], [9, 10]], dtype=torch.int32))
    indexing.set(x, T(T(2, 3), 1), torch.tensor([[20.0, 30.0]], dtype=torch.float64))
    assert x[0].tolist() == [7, 8, 9, 10] and x[:, 0].tolist() == [7, 20, 30]
    with pytest.raises(TorchError, match="4 and 3 elements"):
        indexing.set(x, 1, torch.zeros(3))


def test_set_by_mask_needs_the_same_type(x):
    mask = byte(*[1, 0, 1], *[0] * 9)
    indexing.set(x, mask, torch.tensor([10.0, 30, 50]))  # may be longer
    assert x[0].tolist() == [10, 2, 30, 4]
    indexing.set(x, mask, 0)
    assert x[0].tolist() == [0, 2, 0, 4]
    with pytest.raises(TorchError, match="number or torch.FloatTensor expected"):
        indexing.set(x, mask, torch.zeros(2, dtype=torch.float64))
    with pytest.raises(TorchError, match="src < number of ones"):
        indexing.set(x, mask, torch.zeros(1))


@pytest.mark.parametrize("value, got", [(None, "nil"), (True, "boolean"), ("a", "string")])
def test_set_what_is_no_value(x, value, got):
    with pytest.raises(TorchError, match=f"expected, got {got}"):
        indexing.set(x, 1, value)


def test_set_by_a_name(x):
    with pytest.raises(TorchError, match="torch.FloatTensor cannot be indexed"):
        indexing.set(x, "name", 1)


def test_index(x):
    index = methods["index"]
    assert index(x, 1, long(3, 1)).tolist() == [[9, 10, 11, 12], [1, 2, 3, 4]]
    assert index(x, 2, long(4, 4)).tolist() == [[4, 4], [8, 8], [12, 12]]
    r = torch.empty(0)
    index(r, x, 1, long(2))
    assert r.tolist() == [[5, 6, 7, 8]]
    for wrong in (0, 4):
        with pytest.raises(TorchError, match=f"index out of range: {wrong}"):
            index(x, 1, long(wrong))
    with pytest.raises(TorchError, match="torch.LongTensor expected, got torch.FloatTensor"):
        index(x, 1, torch.ones(2))


def test_slices_in_place(x):
    methods["indexCopy"](x, 2, long(4, 1), torch.arange(6.0).view(3, 2))
    assert x.tolist() == [[1, 2, 3, 0], [3, 6, 7, 2], [5, 10, 11, 4]]
    methods["indexAdd"](x, 1, long(1, 1), torch.ones(2, 2, 2))  # slices of as many elements
    assert x[0].tolist() == [3, 4, 5, 2]
    methods["indexFill"](x, 1, long(2), 0)
    assert x[1].tolist() == [0, 0, 0, 0]
    with pytest.raises(TorchError, match="Number of indices should be equal to source:size"):
        methods["indexCopy"](x, 2, long(1, 2), torch.ones(3, 3))
    with pytest.raises(TorchError, match="torch.LongTensor, torch.FloatTensor expected"):
        methods["indexAdd"](x, 2, long(1, 2))


def test_gather(x):
    gather = functions["gather"]
    assert gather(x, 1, long([1, 2, 3, 1])).tolist() == [[1, 6, 11, 4]]
    assert gather(torch.tensor([5.0, 6, 7]), 1, long(3, 3, 1, 2)).tolist() == [7, 7, 5, 6]
    with pytest.raises(TorchError, match="Invalid index in gather: 4"):
        gather(x, 1, long([1, 4, 1, 1]))
    with pytest.raises(TorchError, match="same dimensions"):
        gather(x, 1, long(1))
    with pytest.raises(TorchError, match="differ in size"):
        gather(torch.empty(2), x, 1, long([1, 2, 3, 1]))


def test_scatter():
    x = torch.zeros(3, 2)
    assert functions["scatter"](x, 1, long([3, 1]), torch.tensor([[5.0, 6]])) is x
    methods["scatter"](x, 2, long([2], [1], [2]), 9)
    assert x.tolist() == [[0, 9], [9, 0], [5, 9]]
    with pytest.raises(TorchError, match="Invalid index in scatter: 4"):
        methods["scatter"](x, 1, long([4, 1]), 1)


def test_nonzero():
    assert functions["nonzero"](torch.tensor([[0, 1, 0], [2, 0, 3]])).tolist() == [[1, 2], [2, 1], [2, 3]]
    assert methods["nonzero"](torch.zeros(3)).shape == (0,)
