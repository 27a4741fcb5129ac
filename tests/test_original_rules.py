"""Rules of the original that differential runs against it brought to light; expected values are its own."""

import math
import os
import struct
from pathlib import Path

import pytest
import torch

from lua_bridge import LuaError, LuaTorch
from torch7py.tensor.registry import functions, methods

NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def lua():
    with LuaTorch() as runtime:
        yield runtime


def same(got: torch.Tensor, expected: list) -> bool:
    return torch.equal(torch.nan_to_num(got, 77), torch.nan_to_num(torch.tensor(expected, dtype=got.dtype), 77))


@pytest.mark.parametrize("kind, low", [("Byte", 0), ("Char", 0), ("Short", 0), ("Int", -(2**31)), ("Long", -(2**63))])
def test_numbers_that_do_not_fit_become_the_least_one(lua, kind, low):
    values = "-1e20, 1e20, 1/0, 0/0"
    code = f"local x = torch.{kind}Tensor(4) for i, v in ipairs{{{values}}} do x[i] = v end return x"
    assert lua.execute(code).tolist() == [low] * 4
    assert lua.execute(f"return torch.{kind}Tensor(1):fill(1e20)[1]") == low


def test_float_scalars_overflow_to_infinity():
    x = torch.tensor([1.0, -2.0])
    assert methods["mul"](x.clone(), 1e300).tolist() == [INF, -INF]
    assert functions["clamp"](x, 1e300, 2).tolist() == [INF, INF]
    assert functions["pow"](x, 1e-300).tolist() == [1, 1]  # the exponent is a float too: 0


def test_missing_arguments_are_nil(lua):
    assert lua.execute("""
        require 'nn'
        local network = nn.Sequential():add(nn.Identity()):add(nn.CriterionTable(nn.MSECriterion()))
        local pair = {torch.ones(3), torch.zeros(3)}
        network:forward(pair)
        return network:backward(pair)[1]:sum()
    """) == pytest.approx(2)
    with pytest.raises(LuaError, match="missing 2 required .*'inputSize' and 'outputSize'"):
        lua.execute("nn.Linear()")


def test_surplus_arguments(lua):
    for call in (
        "x:abs(x, x)",
        "torch.sum(x, 1, 2)",
        "x:cmul(x, x, x)",
        "torch.cat(x)",
        "x:var(x)",
        "x:diag(1, 2)",
        "x:zero(1)",
        "x:numel(1)",
    ):
        with pytest.raises(LuaError):
            lua.execute(f"local x = torch.ones(2, 2) return {call}")
    assert lua.execute("return torch.ones(2, 2):narrow(1, 1, 1, 'surplus'):nElement()") == 2
    assert lua.execute("local x = torch.ones(2) return x:size('all')[1]") == 2


def test_nil_is_an_argument_too(lua):
    for call in ("x:sum(nil)", "x:max(nil)", "x:sort(nil)", "torch.cumsum(x, nil)", "torch.Tensor(nil)", "x:fill(nil)"):
        with pytest.raises(LuaError):
            lua.execute(f"local x = torch.ones(2, 2) return {call}")


def test_a_place_that_stands_several_times_is_changed_as_often(lua):
    code = "local y = torch.range(1, 3) local x = y:view(3, 1):expand(3, 2) x:{} return y"
    assert lua.execute(code.format("add(1)")).tolist() == [3, 4, 5]
    assert lua.execute(code.format("add(x)")).tolist() == [4, 8, 12]
    assert lua.execute(code.format("pow(2)")).tolist() == [1, 16, 81]
    with pytest.raises(LuaError, match="single memory location"):
        lua.execute(code.format("uniform()"))


def test_bounds_that_are_nan():
    x = torch.tensor([-INF, -1.0, 0.5, INF, NAN])
    assert same(functions["clamp"](x, 0, NAN), [0, 0, 0.5, INF, NAN])
    assert same(functions["cmax"](x, NAN), [NAN] * 5)
    assert same(functions["cmin"](x, 1), [-INF, -1, 0.5, 1, 1])


def test_interpolation_is_a_plus_weight_times_difference():
    a, b = torch.tensor([-1.0, INF], dtype=torch.float64), torch.tensor([INF, 1.0], dtype=torch.float64)
    assert same(functions["lerp"](a, b, -129), [-INF, INF])


def test_adding_nothing_leaves_a_tensor_alone():
    x = torch.tensor([1.0, 2.0])
    assert methods["add"](x, 0, torch.tensor([INF, NAN])).tolist() == [1, 2]


def test_remainder_of_floats_has_their_quotient():
    x = torch.tensor([1e10, 1e20, 7.0])
    assert functions["remainder"](x, 100).tolist() == [0, -3298534883328, 7]
    assert functions["remainder"](x, 1.9)[0].item() == pytest.approx(381.48345947265625)


def test_addcdiv_of_whole_numbers_multiplies_first():
    x, y = torch.tensor([2**31 - 1, 100], dtype=torch.int32), torch.tensor([7, 3], dtype=torch.int32)
    assert functions["addcdiv"](x, 2, x, y).tolist() == [2**31 - 1, 166]


def test_shifts_of_reals_may_overflow():
    x = torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64)
    assert same(functions["lshift"](x, 2**32), [INF, -INF, NAN])
    assert functions["rshift"](x, 2**53).tolist() == [0, 0, 0]


def test_sort_of_nan_is_the_original_insertion():
    values, places = functions["sort"](torch.tensor([3.0, NAN, 1.0, 2.0], dtype=torch.float64))
    assert same(values, [3, NAN, 1, 2]) and places.tolist() == [1, 2, 3, 4]


def test_vectors_have_the_original_signs():
    a = torch.tensor([[4, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2]], dtype=torch.float64)
    vectors = functions["symeig"](a, "V")[1]
    assert vectors[:, 2].tolist() == pytest.approx([0.835736730989, 0.511495351763, 0.199791445263])
    u, _, v = functions["svd"](torch.tensor([[1, 2.5, 3], [4, -5, 6]], dtype=torch.float64))
    assert u.flatten().tolist() == pytest.approx([0.150980022725, 0.988536814053, 0.988536814053, -0.150980022725])
    assert v[0].tolist() == pytest.approx([0.463476313330, 0.0999795405702])


def test_lapack_results_can_be_used_again():
    a = torch.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
    result = torch.zeros(2, 2, dtype=torch.float64)
    for _ in range(2):
        assert functions["inverse"](result, a) is result
        assert not result.is_contiguous() and torch.allclose(result @ a, torch.eye(2, dtype=torch.float64))


def test_orgqr_takes_fat_matrices():
    a = torch.arange(1.0, 13, dtype=torch.float64).reshape(3, 4).pow(1.5)
    q = functions["orgqr"](*functions["geqrf"](a))
    assert torch.allclose(q[:, :3] @ q[:, :3].t(), torch.eye(3, dtype=torch.float64))


def test_equal_planes_have_equal_convolutions():
    x, kernel = torch.rand(2, 6, 7, 8, dtype=torch.float64), torch.rand(3, 2, 4, dtype=torch.float64)
    x[1] = x[0]
    planes = functions["conv3"](x, torch.stack([kernel, kernel]))
    assert torch.equal(planes[0], planes[1]) and torch.equal(planes[0], functions["conv3"](x[0], kernel))


def test_multinomial_writes_a_result_as_a_method_of_the_probabilities(lua):
    code = "local p, r = torch.Tensor{.1, .9}, torch.LongTensor() return "
    assert lua.execute(code + "p.multinomial(r, p, 5, true):size(1)") == 5
    for call in ("p:multinomial(2)", "torch.multinomial(r, p, 2)"):
        with pytest.raises(LuaError):
            lua.execute(code + call)


@pytest.mark.parametrize("coding", ["binary", "ascii"])
def test_generators_go_to_files(lua, coding):
    code = """
        local g = torch.Generator() torch.manualSeed(g, 5) torch.normal(g)
        local copy = torch.deserialize(torch.serialize({g, g}, ...), ...)
        assert(copy[1] == copy[2])
        return torch.normal(g), torch.normal(copy[1]), torch.random(g), torch.random(copy[1])"""
    a, b, c, d = lua.execute(code, coding)
    assert a == b and c == d


def test_text_that_is_no_number_is_still_to_be_read(lua):
    code = """
        local f = torch.MemoryFile() f:writeString('12 abc\\n') f:seek(1) f:quiet()
        local number, none = f:readInt(), f:readInt()
        f:clearError()
        return number, none, f:position(), f:readString('*l')"""
    assert lua.execute(code) == (12, 0, 3, " abc")


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory for sharing at /dev/shm")
def test_storages_in_shared_memory(lua):
    name = f"torch7py_test_{os.getpid()}"
    file = Path("/dev/shm", name)
    code = "shared = torch.DoubleStorage(..., true, 3, true) return torch.DoubleTensor(shared):fill(7):sum()"
    assert lua.execute(code, name) == 21
    assert struct.unpack("3d", file.read_bytes()) == (7, 7, 7)
    lua.execute("shared = nil collectgarbage() collectgarbage()")
    assert not file.exists()


def test_small_ones(lua):
    assert lua.execute("return torch.Tensor():isContiguous()") is True
    assert lua.execute("return torch.Tensor{1, 2}:type(false)") == "torch.DoubleTensor"
    assert lua.execute("return torch.uniform('3') < 3") is True
    assert lua.execute("return torch.logNormal(1e5, 1)") == INF
    assert lua.execute("return torch.isatty(io.open('/dev/null'))") is False
    assert lua.execute("torch.setheaptracking(false) return torch._heaptracking") is False
    for call in (
        "torch.Tensor(2):indexFill(1, torch.LongTensor{0}, 9)",
        "torch.Tensor():view(-1)",
        "torch.uniform(true)",
    ):
        with pytest.raises(LuaError):
            lua.execute(f"return {call}")
