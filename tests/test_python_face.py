"""Torch7 in Python as docs/python.md tells it: keys, numpy and PyTorch, pickles and copies, names."""

import copy
import inspect
import pickle

import numpy
import pytest
import torch

import torch7py
from torch7py import Table, Tensor, TorchError, nn, optim, wrap


@pytest.fixture
def x():
    return Tensor([[1, 2, 3], [4, 5, 6]])


def values(x):
    return x.tensor.tolist()


def test_keys(x):
    assert x[1, 2] == x[-2, -2] == x[torch7py.LongStorage([1, 2])] == 2
    assert values(x[:, [2, 3]]) == values(x[[], [2, 3]]) == [[2, 3], [5, 6]]
    assert values(x[:, 1]) == [1, 4] and values(x[[2],]) == [[4, 5, 6]] and values(x[:]) == values(x)
    x[:, 3] = 0
    assert values(x) == [[1, 2, 0], [4, 5, 0]]
    x[1] = numpy.array([7.0, 8, 9])
    assert values(x) == [[7, 8, 9], [4, 5, 0]]


def test_masks(x):
    for mask in (x.gt(4), x.tensor > 4, (x.tensor > 4).numpy()):
        assert values(x[mask]) == [5, 6]
    x[x.tensor > 4] = 0
    assert values(x) == [[1, 2, 3], [4, 0, 0]]


@pytest.mark.parametrize("key", [slice(1, 2), (slice(None, 2), 1), None, ..., {1, 2}, "a", 1.5j])
def test_keys_that_mean_nothing_raise(x, key):
    with pytest.raises(TorchError, match="indexed|slices"):
        x[key]


def test_memory_shared_with_numpy_and_pytorch(x):
    array = numpy.zeros(3, dtype=numpy.float32)
    handle = torch7py.from_numpy(array)
    assert isinstance(handle, torch7py.FloatTensor)
    handle.fill(2)
    assert array.tolist() == [2, 2, 2]
    torch.from_dlpack(x)[0, 0] = 10
    numpy.asarray(x)[0, 1] = 20
    x.numpy()[0, 2] = 30
    assert values(x)[0] == [10, 20, 30] and numpy.from_dlpack(x)[0, 0] == 10
    Tensor(array).fill(3)  # a copy
    assert array.tolist() == [2, 2, 2]


COPIES = [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy]


@pytest.mark.parametrize("copied", COPIES)
def test_copies_share_what_the_originals_shared(x, copied):
    twin, again, row, storage = copied((x, x, x[2], x.storage()))
    assert twin is again
    row.fill(0)
    assert values(twin) == [[1, 2, 3], [0, 0, 0]] and storage.tolist() == [1, 2, 3, 0, 0, 0] and x[2, 1] == 4


@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_networks_and_tables(copied):
    network = nn.Sequential().add(nn.Linear(3, 2)).add(nn.Tanh())
    parameters, _ = wrap(network.getParameters())
    table = Table([parameters.tensor, parameters.tensor], network=network)
    table.itself = table
    twin, flat = copied((table, parameters))
    flat.fill(1)
    assert twin.itself is twin and twin[1] is twin[2] and twin.network.get(1).weight.eq(1).all()
    assert not parameters.tensor.eq(1).all()
    assert (
        twin.network.forward(torch.ones(3, dtype=torch.float64)).eq(torch.tensor(4.0, dtype=torch.float64).tanh()).all()
    )


@pytest.mark.parametrize("copied", [*COPIES, copy.copy])
def test_copies_of_generators_go_on_alike(copied):
    generator = torch7py.Generator()
    generator.manualSeed(5)
    generator.normal()  # leaves a second one behind
    twin = copied(generator)
    assert [generator.normal(), generator.uniform()] == [twin.normal(), twin.uniform()]
    assert twin.initialSeed() == 5


def test_shallow_copies(x):
    network = nn.Sequential().add(nn.Linear(3, 2))
    assert copy.copy(x) == x and copy.copy(x.storage()) == x.storage()
    twin = copy.copy(network)
    twin.extra = 1
    assert twin.modules is network.modules and "extra" not in network.__dict__
    table = Table([x])
    assert copy.copy(table)[1] is x and copy.copy(table) is not table


def test_objects_of_unknown_classes_are_pickled():
    from torch7py.serialization.world import unknown_class

    thing = unknown_class("some.Thing", 3)()
    thing.weight = torch.ones(2)
    twin = pickle.loads(pickle.dumps(thing))
    assert (twin.__typename__, twin._version, twin.weight.tolist()) == ("some.Thing", 3, [1, 1])


def test_handles_in_handles_out(x):
    network, criterion = nn.Linear(3, 2).float().double(), nn.MSECriterion()
    output = network.forward(x)
    assert isinstance(output, torch7py.DoubleTensor) and output.size(1) == 2
    loss, target = criterion.forward(output, Tensor(2, 2).zero()), Tensor(2, 2).zero()
    assert isinstance(loss, float) and isinstance(criterion.backward(output, target), Tensor)
    assert isinstance(network.backward(x, criterion.backward(output, target)), Tensor)
    found, losses = optim.sgd(lambda point: (point.dot(point), torch7py.mul(point, 2)), Tensor([3, 4]), Table())
    assert isinstance(found, Tensor) and losses[1] == 25 and found[1] < 3


def test_a_star_import_leaves_pythons_names_alone():
    names = {}
    exec("from torch7py import *", names)
    assert names["Tensor"] is Tensor and names["nn"] is nn and callable(names["randn"])
    assert not {"sum", "max", "min", "type", "range", "abs", "pow", "any", "all", "round"} & names.keys()


def test_completion_and_help():
    assert {"Tensor", "sum", "nn", "load", "from_numpy"} <= set(dir(torch7py))
    assert not [name for name in dir(torch7py) if name.startswith("_") and name != "__version__"]
    assert str(inspect.signature(Tensor.narrow)).startswith("(self, dimension: 'int', first: 'int', size: 'int'")
    assert "same elements" in Tensor.transpose.__doc__ and "FloatTensor" in torch7py.FloatTensor.__doc__
