import copy
import inspect
import pickle

import numpy
import pytest
import torch

import torch7py
from torch7py import Table, Tensor, TorchError, unwrap, wrap


def test_constructors_have_their_types():
    assert torch7py.typename(Tensor(2, 3)) == "torch.DoubleTensor"
    x = torch7py.FloatTensor([[1, 2], [3, 4]])
    assert isinstance(x, Tensor) and isinstance(x, torch7py.FloatTensor) and not isinstance(x, torch7py.IntTensor)
    assert x.tensor.dtype is torch.float32 and x.new(2).type() == "torch.FloatTensor"


def test_default_type():
    torch7py.setdefaulttensortype("torch.FloatTensor")
    try:
        assert Tensor(1).type() == torch7py.zeros(1).type() == "torch.FloatTensor"
        assert torch7py.typename(torch7py.Storage(1)) == "torch.FloatStorage"
    finally:
        torch7py.setdefaulttensortype("torch.DoubleTensor")
    with pytest.raises(TorchError, match="NoSuchTensor"):
        torch7py.setdefaulttensortype("torch.NoSuchTensor")


def test_a_handle_is_on_the_tensor_itself():
    plain = torch.zeros(2, dtype=torch.float64)
    x = Tensor(plain)
    assert x.tensor is plain and x == Tensor(plain) and hash(x) == hash(Tensor(plain))
    assert x != Tensor(x)  # another tensor on the same elements
    x.fill(3)
    assert plain.tolist() == [3, 3]
    with pytest.raises(TorchError, match="expecting number or torch.DoubleTensor"):
        torch7py.DoubleTensor(plain.float())
    assert Tensor(plain.float()).type() == "torch.FloatTensor"


def test_methods_return_the_same_handle_when_they_work_in_place():
    x = Tensor([1, 2])
    assert x.add(1) is x and x.tensor.tolist() == [2, 3]
    assert x.narrow(1, 2, 1).fill(0).tensor.tolist() == [0] and x[2] == 0


def test_functions_give_back_the_kind_that_they_were_given():
    x = Tensor([1, 2])
    assert isinstance(torch7py.add(x, 1), Tensor)
    assert isinstance(torch7py.zeros(2), Tensor)
    assert isinstance(torch7py.add(torch.ones(2), 1), torch.Tensor)
    assert isinstance(torch7py.cat([x, x]), Tensor)
    assert isinstance(torch7py.cat(Table([torch.ones(1), torch.ones(1)])), torch.Tensor)
    assert all(isinstance(part, Tensor) for part in x.split(1))


def test_keys():
    x = Tensor([[1, 2, 3], [4, 5, 6]])
    assert x[2, 3] == 6 and x[-1].tensor.tolist() == [4, 5, 6]
    assert x[[], [2, 3]].tensor.tolist() == [[2, 3], [5, 6]]
    assert x[x.gt(4)].tensor.tolist() == [5, 6]
    x[1] = Tensor([7, 8, 9])
    x[2, 1] = 0
    assert x.tensor.tolist() == [[7, 8, 9], [0, 5, 6]]
    assert len(x) == 2 and [row[1] for row in x] == [7, 0]
    with pytest.raises(TorchError, match="slices"):
        x[1:2]


def test_operators_are_torch7s():
    x, y = Tensor([1, 2]), Tensor([10, 20])
    assert x * y == 50  # the dot product
    assert (x + y).tensor.tolist() == [11, 22] and (1 - x).tensor.tolist() == [0, -1]
    assert (-x / 2).tensor.tolist() == [-0.5, -1] and (x % 2).tensor.tolist() == [1, 0]
    with pytest.raises(TorchError):
        x / y
    with pytest.raises(TorchError):
        x**2
    with pytest.raises(TypeError):
        x < y  # noqa: B015


def test_printing():
    assert str(Tensor([1, 2])) == repr(Tensor([1, 2])) == " 1\n 2\n[torch.DoubleTensor of size 2]\n"


def test_true_even_if_empty():
    assert Tensor() and len(Tensor()) == 0


def test_numpy():
    x = Tensor(numpy.arange(6).reshape(2, 3))
    assert x.type() == "torch.DoubleTensor" and x[2, 3] == 5
    x.numpy()[0, 0] = 7
    assert x[1, 1] == 7
    assert numpy.asarray(x).sum() == 22 and numpy.array(x, dtype=int).dtype == int


def test_pickle():
    x = Tensor([1, 2, 3])
    first, again = pickle.loads(pickle.dumps((x, x)))
    assert first is again and first.type() == "torch.DoubleTensor" and first.tensor.tolist() == [1, 2, 3]


def test_deepcopy_keeps_sharing():
    x = Tensor([1, 2, 3])
    twin, view, storage = copy.deepcopy((x, x.narrow(1, 2, 2), x.storage()))
    view.fill(9)
    assert twin.tensor.tolist() == storage.tolist() == [1, 9, 9]
    assert x.tensor.tolist() == [1, 2, 3]


def test_wrap_and_unwrap_reach_into_tables():
    plain = torch.ones(1)
    table = Table([plain, Table([plain], name="a")])
    wrapped = wrap(table)
    assert isinstance(wrapped[1], Tensor) and isinstance(wrapped[2][1], Tensor) and wrapped[2].name == "a"
    assert unwrap(wrapped)[2][1] is plain
    assert unwrap(table) is table  # nothing to change
    assert wrap((1, "a")) == (1, "a")


def test_help_tells_what_a_method_takes():
    assert str(inspect.signature(Tensor.narrow)).startswith("(self, dimension: 'int', first: 'int', size: 'int'")
    assert "count from 1" in Tensor.narrow.__doc__


def test_types_and_pointers():
    x = Tensor(2)
    assert [torch7py.type(v) for v in (x, 3, "a", None, Table(), print, True)] == [
        "torch.DoubleTensor", "number", "string", "nil", "table", "function", "boolean",
    ]  # fmt: skip
    assert torch7py.isTensor(x) and torch7py.isTensor(x.tensor) and not torch7py.isTensor(3)
    assert torch7py.isStorage(x.storage()) and not torch7py.isStorage(x)
    assert torch7py.isTypeOf(x, "torch.DoubleTensor") and torch7py.isTypeOf(x, "torch.*Tensor")
    assert not torch7py.isTypeOf(x, "Double") and not torch7py.isTypeOf(3, "number")
    assert torch7py.isTypeOf(x, torch7py.DoubleTensor) and not torch7py.isTypeOf(x, torch7py.FloatTensor)
    assert torch7py.pointer(x) == torch7py.pointer(Tensor(x.tensor)) != torch7py.pointer(Tensor(x))


def test_the_module_random_draws_numbers_when_called():
    torch7py.manualSeed(1)
    first = torch7py.random(1, 6)
    torch7py.random.manualSeed(1)
    assert first == torch7py.random(1, 6) and 1 <= first <= 6


def test_a_table_that_holds_itself_is_wrapped_and_unwrapped():
    table = torch7py.Table(x=torch.ones(2), inner=torch7py.Table())
    table.inner.outer = table
    table.again = table.inner
    wrapped = torch7py.wrap(table)
    assert isinstance(wrapped.x, torch7py.Tensor) and isinstance(table.x, torch.Tensor)
    assert wrapped.inner.outer is wrapped and wrapped.again is wrapped.inner
    plain = torch7py.unwrap(wrapped)
    assert plain.x is table.x and plain.inner.outer is plain
    without = torch7py.Table(n=1)
    without.self = without
    assert torch7py.unwrap(torch7py.Table(n=1)).n == 1 and torch7py.wrap(without).self.n == 1
