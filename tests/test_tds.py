"""Package tds: containers that files hold and threads share."""

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from torch7py import TorchError, tds


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("tds = require 'tds'")
        yield runtime


def test_hash_keys_and_values(lua):
    assert lua.execute("""
        local h = tds.Hash{1, 2, a = {1, 2}, b = {x = 1}}
        local x = torch.Tensor{7}
        h[true], h[1], h[1.5], h[x], h.gone = 't', 'one', 'f', 'tensor', 1
        h.gone = nil
        return #h, h[true], h[false], h[1], h['1'], h[1.5], h[x], h[torch.Tensor{7}], torch.type(h.a), torch.type(h.b)
    """) == (7, "t", None, "one", None, "f", "tensor", None, "tds.Vec", "tds.Hash")


def test_names_of_methods_are_keys_like_others(lua):
    assert lua.execute("local h = tds.Hash() h.items, h.values = 3, 4 return h.items, h.values, h.read") == (3, 4, None)


def test_vec_grows_shrinks_and_sorts(lua):
    assert lua.execute("""
        local v = tds.Vec(3, 'a', nil, torch.Tensor{1})
        v[6] = 'six'
        local length, second, beyond = #v, v[2.7], v[100]
        v:resize(2)
        v:insert('end')
        v:insert(1, 'first')
        local text = v:concat(',')
        v:remove()
        v:remove(1)
        local w = tds.Vec{3, 1, 2}
        w:sort(function(a, b) return a > b end)
        return length, second, beyond, text, #v, w:concat('-'), w:concat(', ', 2, 3), w:concatstorage('.'):string()
    """) == (6, "a", None, "first,3,a,end", 2, "3-2-1", "2, 1", "3.2.1")


def test_sort_takes_equal_elements_in_the_originals_order(lua):
    lua.execute("""
        function sorted(compare)
           local v = tds.Vec()
           for i = 1, 13 do v[i] = i * 7 % 5 + i / 100 end
           v:sort(function(a, b) return compare(math.floor(a), math.floor(b)) end)
           return v:concat(' ')
        end
    """)
    assert lua.eval("sorted(function(a, b) return a < b end)") == (
        "0.1 0.05 1.13 1.08 1.03 2.11 2.06 2.01 3.09 3.04 4.12 4.07 4.02"
    )
    assert lua.eval("sorted(function(a, b) return a <= b end)") == (
        "0.05 0.1 1.03 1.08 1.13 2.01 2.06 2.11 3.04 3.09 4.02 4.07 4.12"
    )
    assert lua.execute("""
        local v = tds.Vec('b', nil, 'a', nil, 'c', nil)
        v:sort(function(a, b) return (a or 'z') < (b or 'z') end)
        return v:concat(' '), #v
    """) == ("a b c nil nil", 5)


def test_sort_by_a_function_in_c(lua):
    assert lua.execute("""
        local ffi, elem = require 'ffi', require 'tds.elem'
        local numbers, calls = tds.Vec(), 0
        for i = 1, 300 do numbers[i] = i * 7 % 300 end
        numbers:sort(ffi.cast('int (*)(const tds_elem*, const tds_elem*)', function(a, b)
           calls = calls + 1
           assert(tds.C.tds_elem_type(a) == string.byte('n'))
           return tds.C.tds_elem_get_number(b) - a.value.num
        end))
        local things = tds.Vec('b', torch.ones(3), false, 'a', nil, tds.Hash{x = 1}, 2)
        local size = {number = 2, userdata = 3, string = 4, boolean = 5, ['nil'] = 6}
        things:sort(ffi.cast('int (*)(tds_elem*, tds_elem*)', function(a, b)
           local x, y = elem.get(a), elem.get(b)
           if type(x) == 'string' and type(y) == 'string' then return x < y and -1 or 1 end
           return size[type(x)] - size[type(y)]
        end))
        return numbers[1], numbers[150], numbers[300], calls > 300, things[1], things[2]:size(1), things[3].x,
           things[4], things[5], things[6], #things, elem.type(things[3])
    """) == (299, 150, 0, True, 2, 3, 1, "a", "b", False, 7, "tds.Hash")


def test_walks(lua):
    assert lua.execute("""
        local h, v, seen, sum = tds.Hash{a = 1, b = 2}, tds.Vec(5, nil, 6), {}, 0
        for key, value in pairs(h) do seen[key] = value h[key] = value + 1 end
        local places = {}
        for i, value in ipairs(v) do places[#places + 1] = i .. '=' .. tostring(value) end
        for i in pairs(v) do sum = sum + i end
        return seen.a + seen.b, h.a, table.concat(places, ' '), sum
    """) == (3, 2, "1=5 2=nil 3=6", 6)


def test_elements_from_a_coroutine(lua):
    assert lua.execute("""
        local h, v = tds.Hash(), tds.Vec{torch.ones(2)}
        local walk = coroutine.wrap(function()
           h.x = v[1]
           for _, x in pairs(v) do coroutine.yield(x:sum()) end
        end)
        local sum = walk()
        collectgarbage()
        return sum, h.x:sum()
    """) == (2, 2)


@pytest.mark.parametrize(
    "code, message",
    [
        ("tds.Hash()[nil] = 1", "hash index is nil"),
        ("tds.Hash().f = print", "unsupported key/value type <function> (set)"),
        ("tds.Hash().t = {}", "unsupported key/value type <table> (set)"),
        ("tds.Hash(1)", "lua table or nothing expected"),
        ("tds.Vec{a = 1}", "lua table with number keys expected"),
        ("tds.Vec()[0] = 1", "positive number expected as key"),
        ("return tds.Vec().name", "invalid key (number) or method name"),
        ("tds.Vec():sort()", "compare function must be a lua or C function"),
        ("require('tds.elem').addctype('a')", "no containers in C are here which could hold the C type <a>"),
    ],
)
def test_errors(lua, code, message):
    with pytest.raises(LuaError, match=r"script.lua:1: ") as raised:
        lua.execute(code, name="@script.lua")
    assert message in str(raised.value)


def test_printing(lua):
    assert lua.eval("tostring(tds.Vec(4, tds.Hash{x = torch.Tensor{1}}))") == (
        "tds.Vec[2]{\n    1 : 4\n    2 : tds.Hash[1]{\n        x :  1\n            [torch.DoubleTensor of size 1]\n\n"
        "        }\n}"
    )
    assert lua.eval("tostring(tds.Vec(torch.range(1, 30):totable()))").endswith("   20 : 20\n...\n}")


def test_files_are_the_originals(lua, tmp_path):
    path = str(tmp_path / "tds.t7")
    lua.execute("torch.save(..., {tds.Hash{x = 1}, tds.Vec{1, 'b'}, tds.AtomicCounter()}, 'ascii')", path)
    assert (tmp_path / "tds.t7").read_text().split() == (
        "3 1 3 1 1 4 2 3 V 0 8 tds.Hash 1 2 1 x 1 1 1 2 4 3 3 V 0 7 tds.Vec 2 1 1 2 1 b "
        "1 3 4 4 3 V 0 17 tds.AtomicCounter 0"
    ).split()
    loaded = torch7py.load(path, "ascii")
    assert loaded[1]["x"] == 1 and list(loaded[2]) == [1, "b"] and loaded[3].get() == 0


def test_from_python():
    h, v = tds.Hash({"a": [1, 2]}), tds.Vec(1, None, torch.ones(2))
    assert isinstance(h["a"], tds.Vec) and h["b"] is None and dict(h.items()).keys() == {"a"}
    assert v[3].sum() == 2 and len(v) == 3 and v[2] is None
    again = torch7py.deserialize(torch7py.serialize([h, v]))
    assert again[1]["a"][2] == 2 and again[2][3].sum() == 2
    counter = tds.AtomicCounter()
    assert (counter.inc(), counter.inc(), counter.get()) == (0, 1, 2)
    with pytest.raises(TorchError, match="unsupported"):
        h["x"] = object()
