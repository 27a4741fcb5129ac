"""Elementwise arithmetic in Torch7's argument forms, with Torch7's integers, and comparisons."""

import math

import pytest
import torch

from torch7py.errors import TorchError
from torch7py.tensor.registry import functions, methods

DTYPES = [torch.float64, torch.float32, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def same(tensor, values):
    assert tensor.tolist() == values


@pytest.mark.parametrize("dtype", DTYPES)
def test_add_in_all_its_forms(dtype):
    x, y = torch.tensor([5, 6], dtype=dtype), torch.tensor([1, 2], dtype=dtype)
    add = functions["add"]
    same(add(x, 1), [6, 7])
    same(add(x, y), [6, 8])
    same(add(x, 3, y), [8, 12])
    r = torch.empty(0, dtype=dtype)
    assert add(r, x, 1) is r
    same(r, [6, 7])
    same(add(r, x, y), [6, 8])
    same(add(r, x, 3, y), [8, 12])
    same(x, [5, 6])
    add = methods["add"]
    assert add(x, 1) is x
    same(x, [6, 7])
    same(add(x, y), [7, 9])
    same(add(x, 2, y), [9, 13])
    same(add(x, y, 10), [11, 12])
    same(add(x, y, y), [2, 4])
    same(add(x, y, 3, y), [4, 8])


def test_subtraction_divisions_and_rests():
    x = doubles([5, -5])
    same(functions["csub"](x, 2, doubles([1, 2])), [3, -9])
    same(functions["fmod"](x, 3), [2, -2])
    same(functions["remainder"](x, 3), [2, 1])
    same(functions["cremainder"](x, doubles([3, -3])), [2, -2])
    assert math.isnan(functions["remainder"](x, 0)[0])
    same(functions["cdiv"](doubles([1, 2]), doubles([4, 0])), [0.25, math.inf])


def test_whole_numbers_are_cut_wrapped_and_divided_as_in_c():
    whole = torch.tensor([7, -7], dtype=torch.int32)
    same(functions["mul"](whole, 2.9), [14, -14])
    same(functions["div"](whole, 2), [3, -3])
    same(functions["cdiv"](whole, torch.tensor([2, 2], dtype=torch.int32)), [3, -3])
    same(functions["eq"](whole, 7.9), [1, 0])
    byte = torch.tensor([250], dtype=torch.uint8)
    same(functions["add"](byte, 10), [4])
    same(functions["add"](byte, 266), [4])
    same(methods["__unm"](byte), [6])


def test_operands_need_equal_counts_not_shapes():
    x = doubles([[1, 2], [3, 4]])
    same(functions["cmul"](x, doubles([1, 2, 3, 4])), [[1, 4], [9, 16]])
    same(methods["__add"](doubles([1, 2, 3, 4]), x), [2, 4, 6, 8])
    with pytest.raises(TorchError, match=r"\[2 x 2\] and \[2\] .* 4 and 2 elements"):
        functions["cmul"](x, doubles([1, 2]))
    with pytest.raises(TorchError, match="expected, got torch.FloatTensor"):
        methods["add"](x, torch.ones(2, 2))


def test_new_results_are_contiguous_and_given_ones_resized():
    x = doubles([[1, 4], [9, 16]])
    assert functions["sqrt"](x.t()).is_contiguous()
    r = doubles([0] * 5)
    address = r.data_ptr()
    assert functions["sqrt"](r, x) is r
    same(r, [[1, 2], [3, 4]])
    assert r.data_ptr() == address
    with pytest.raises(TorchError):
        functions["sqrt"](torch.ones(2), x)


def test_views_are_written_through():
    base = torch.zeros(2, 3, dtype=torch.float64)
    methods["sqrt"](base.narrow(1, 1, 2), doubles([[1, 4], [9, 16]]))
    same(base, [[0, 1, 2], [0, 3, 4]])


def test_functions_of_numbers():
    assert functions["sqrt"](4) == 2
    assert math.isnan(functions["sqrt"](-1))
    assert functions["log"](0) == -math.inf
    assert functions["exp"](1000) == math.inf
    assert functions["round"](2.5) == 3 and functions["round"](-2.5) == -3
    assert functions["pow"](2, 10) == 1024
    assert functions["lerp"](1, 3, 0.5) == 2
    with pytest.raises(TorchError, match="invalid arguments: string"):
        functions["sqrt"]("abc")


def test_real_functions_are_not_for_whole_numbers():
    with pytest.raises(TorchError, match=r"torch.IntTensor does not implement the torch.exp\(\) function"):
        functions["exp"](torch.tensor([1], dtype=torch.int32))


def test_round_goes_away_from_zero():
    same(functions["round"](doubles([-2.5, -0.5, 0.5, 1.5, 0.49999999999999994])), [-3, -1, 1, 2, 0])


def test_powers():
    x = doubles([1, 2, 3])
    same(functions["pow"](x, 2), [1, 4, 9])
    same(functions["pow"](2, x), [2, 4, 8])
    same(methods["pow"](x, 2, doubles([0, 1])), [1, 2])
    same(x, [1, 2])
    two = torch.tensor([2], dtype=torch.int64)
    same(functions["cpow"](two, torch.tensor([40])), [2**40])


def test_clamp_looks_at_the_lower_bound_first():
    same(functions["clamp"](doubles([0, 1.5, 3]), 2, 1), [2, 2, 1])
    assert math.isnan(functions["clamp"](doubles([math.nan]), 0, 1)[0])


def test_maximum_of_nan_and_a_number_is_the_number():
    same(functions["cmax"](doubles([1, math.nan]), 2), [2, 2])
    same(functions["cmax"](doubles([math.nan]), doubles([2])), [2])
    same(methods["cmin"](torch.tensor([1, 9]), 4), [1, 4])


def test_products_added():
    x, a, b = doubles([1, 2]), doubles([3, 4]), doubles([2, 2])
    same(functions["addcmul"](x, a, b), [7, 10])
    same(functions["addcdiv"](x, 10, a, b), [16, 22])
    same(methods["addcmul"](x, -1, a, b), [-5, -6])
    same(methods["addcmul"](x, a, 2, a, b), [15, 20])
    with pytest.raises(TorchError, match="expected arguments"):
        methods["addcmul"](x, a)


def test_bits():
    x = torch.tensor([12, -8], dtype=torch.int32)
    same(functions["bitand"](x, 6), [4, 0])
    same(functions["cbitxor"](x, x), [0, 0])
    same(functions["lshift"](x, 1), [24, -16])
    same(functions["rshift"](x, 1), [6, 2147483644])
    same(functions["rshift"](torch.tensor([-1]), 1), [2**63 - 1])
    same(functions["lshift"](doubles([2.5]), 2), [10])
    with pytest.raises(TorchError, match="only supported for integer type"):
        functions["bitor"](doubles([1]), 1)


@pytest.mark.parametrize("name, expected", [("lt", [1, 0, 0]), ("ge", [0, 1, 1]), ("eq", [0, 1, 0]), ("ne", [1, 0, 1])])
def test_comparisons_give_bytes(name, expected):
    x = doubles([1, 2, 3])
    compared = functions[name](x, 2)
    assert compared.dtype == torch.uint8
    same(compared, expected)
    same(functions[name](x, doubles([2, 2, 2])), expected)
    r = doubles([])
    assert functions[name](r, x, 2) is r
    same(r, expected)
    same(methods[name](torch.empty(0, dtype=torch.uint8), x, 2), expected)


def test_all_any_equal():
    assert functions["all"](torch.tensor([1, 2], dtype=torch.uint8)) is True
    assert methods["any"](torch.tensor([0, 0], dtype=torch.uint8)) is False
    assert functions["equal"](doubles([1]), doubles([1])) and not functions["equal"](doubles([1]), doubles([[1]]))
    with pytest.raises(TorchError):
        functions["all"](doubles([1]))


def test_operators():
    x = doubles([1, 2])
    same(methods["__sub"](1, x), [0, -1])
    same(methods["__mod"](doubles([-5, 5]), -3), [-2, -1])
    assert methods["__mul"](x, x) == 5
    same(methods["__mul"](doubles([[1, 2], [3, 4]]), x), [5, 11])
    for name, a, b in (("__div", 1, x), ("__div", x, x), ("__pow", x, 2), ("__mul", doubles([[1]]), doubles([[[1]]]))):
        with pytest.raises(TorchError):
            methods[name](a, b)
