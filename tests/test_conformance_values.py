"""The judge of the corpus: it must see what differs, and only that."""

import math

import pytest
import torch

from tests.conformance.values import DOUBLE, EXACT, difference, encode
from torch7py.table import Table


def tensor(*data, kind="Double"):
    return {"tensor": f"torch.{kind}Tensor", "size": [len(data)], "data": list(data)}


def test_encode():
    value = Table([torch.tensor([[1.0, math.inf]], dtype=torch.float64), True], name="x")
    content = {"tensor": "torch.DoubleTensor", "size": [1, 2], "data": [1, "inf"]}
    assert encode(value) == {"table": [[1, content], [2, True], ["name", "x"]]}
    assert encode(torch.empty(0)) == {"tensor": "torch.FloatTensor", "size": [], "data": []}
    assert encode(print) == {"function": True}


@pytest.mark.parametrize(
    "expected, got",
    [
        (1, 1.0),
        (1.0, 1 + 1e-10),
        ("nan", "nan"),
        (tensor(1.0, 1e-17), tensor(1.0, 0.0)),
        (tensor(1.0, kind="Float"), tensor(1.000001, kind="Float")),
        ({"table": [["a", 1], [2, "b"]]}, {"table": [[2.0, "b"], ["a", 1]]}),
    ],
)
def test_agree(expected, got):
    assert difference(expected, got, DOUBLE) is None


@pytest.mark.parametrize(
    "expected, got",
    [
        (1, True),
        (1, None),
        (1.0, 1 + 1e-8),
        ("nan", 0.0),
        (tensor(1.0), tensor(1.0, kind="Float")),
        (tensor(1.0), tensor(1.0, 2.0)),
        (tensor(1.0), tensor(1.00000001)),
        (tensor(3, kind="Long"), tensor(4, kind="Long")),
        ({"table": [["a", 1]]}, {"table": [["b", 1]]}),
        ({"object": "nn.A"}, {"object": "nn.B"}),
    ],
)
def test_differ(expected, got):
    assert difference(expected, got, DOUBLE)


def test_exact_random_draws():
    assert difference(tensor(0.5), tensor(math.nextafter(0.5, 1)), EXACT)
